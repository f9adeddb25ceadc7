//! Who reports to whom at a client, up to headquarters, and which of us has met each.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A person at the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The contact.
    pub id: Uuid,
    /// Whom he reports to; none at the head, or when that is not known.
    pub reports_to: Option<Uuid>,
}

/// One of us has had two-way touches with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// The contact.
    pub contact: Uuid,
    /// The member.
    pub member: Uuid,
    /// The latest of the touches.
    pub last_at: DateTime<Utc>,
}

/// A person's place in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The contact.
    pub contact: Uuid,
    /// 0 at the head, 1 for who reports to the head, and so on.
    pub level: usize,
    /// Who of us has met him, latest first.
    pub met_by: Vec<Meeting>,
}

/// How well we know one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// 0 at the head.
    pub level: usize,
    /// People there.
    pub people: usize,
    /// People there whom one of us has met.
    pub met: usize,
}

/// The tree of a client's people, with who of us knows whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionPath {
    /// Everybody, each before those who report to him, in the order given otherwise.
    pub people: Vec<Place>,
    /// The levels, head first.
    pub levels: Vec<Level>,
    /// Only one person there has been met by anybody: when he goes, nobody there knows us.
    pub single_contact: bool,
    /// Only one of us has met anybody there: when he goes, nobody here knows them.
    pub single_member: bool,
}

/// Lays the tree out. Who reports to somebody who is not there is a head; so is the first of a circle, which the database
/// does not let arise.
#[must_use]
pub fn decision_path(people: &[Person], meetings: &[Meeting]) -> DecisionPath {
    let there: HashSet<Uuid> = people.iter().map(|person| person.id).collect();
    let mut below: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut heads = Vec::new();
    for person in people {
        match person.reports_to.filter(|superior| there.contains(superior)) {
            Some(superior) => below.entry(superior).or_default().push(person.id),
            None => heads.push(person.id),
        }
    }
    let mut met: HashMap<Uuid, Vec<Meeting>> = HashMap::new();
    for meeting in meetings.iter().filter(|meeting| there.contains(&meeting.contact)) {
        let of = met.entry(meeting.contact).or_default();
        // He may have begun one touch and been present at another.
        match of.iter_mut().find(|known| known.member == meeting.member) {
            Some(known) => known.last_at = known.last_at.max(meeting.last_at),
            None => of.push(*meeting),
        }
    }
    let contacts_met = met.len();
    let members: HashSet<Uuid> = met.values().flatten().map(|meeting| meeting.member).collect();

    let mut path = DecisionPath::default();
    let mut seen = HashSet::new();
    let heads = heads.into_iter().chain(people.iter().map(|person| person.id));
    for head in heads {
        let mut waiting = vec![(head, 0)];
        while let Some((contact, level)) = waiting.pop() {
            if !seen.insert(contact) {
                continue;
            }
            let mut met_by = met.remove(&contact).unwrap_or_default();
            met_by.sort_by_key(|meeting| (std::cmp::Reverse(meeting.last_at), meeting.member));
            if path.levels.len() <= level {
                path.levels.push(Level {
                    level,
                    people: 0,
                    met: 0,
                });
            }
            if let Some(of) = path.levels.get_mut(level) {
                of.people += 1;
                of.met += usize::from(!met_by.is_empty());
            }
            path.people.push(Place { contact, level, met_by });
            let reports = below.get(&contact).map_or(&[][..], Vec::as_slice);
            waiting.extend(reports.iter().rev().map(|report| (*report, level + 1)));
        }
    }
    path.single_contact = contacts_met == 1;
    path.single_member = members.len() == 1;
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn person(n: u128, reports_to: Option<u128>) -> Person {
        Person {
            id: id(n),
            reports_to: reports_to.map(id),
        }
    }

    fn meeting(contact: u128, member: u128, second: i64) -> Meeting {
        Meeting {
            contact: id(contact),
            member: id(member),
            last_at: DateTime::from_timestamp(second, 0).unwrap_or_default(),
        }
    }

    #[test]
    fn everybody_stands_below_the_one_he_reports_to_with_who_met_him() {
        // A buyer and a user report to the plant manager, he to headquarters; somebody stands alone.
        let people = [
            person(4, Some(2)),
            person(3, Some(2)),
            person(2, Some(1)),
            person(1, None),
            person(9, Some(77)),
        ];
        let meetings = [
            meeting(4, 20, 5),
            meeting(4, 21, 9),
            meeting(4, 20, 7),
            meeting(50, 20, 1),
        ];
        let path = decision_path(&people, &meetings);
        let places: Vec<(u128, usize)> = path
            .people
            .iter()
            .map(|place| (place.contact.as_u128(), place.level))
            .collect();
        assert_eq!(places, [(1, 0), (2, 1), (4, 2), (3, 2), (9, 0)]);
        assert_eq!(path.people[2].met_by, [meeting(4, 21, 9), meeting(4, 20, 7)]);
        let levels: Vec<(usize, usize)> = path.levels.iter().map(|level| (level.people, level.met)).collect();
        assert_eq!(levels, [(2, 0), (1, 0), (2, 1)]);
        assert!(path.single_contact && !path.single_member);
    }

    #[test]
    fn nobody_met_is_no_single_thread() {
        let path = decision_path(&[person(1, None)], &[]);
        assert!(!path.single_contact && !path.single_member);
        assert_eq!(decision_path(&[], &[]), DecisionPath::default());
    }

    proptest! {
        #[test]
        fn everybody_is_there_once_even_in_a_circle(edges in prop::collection::vec((0_u128..12, prop::option::of(0_u128..14)), 0..12)) {
            let mut seen = HashSet::new();
            let people: Vec<Person> = edges.into_iter().filter(|(n, _)| seen.insert(*n)).map(|(n, to)| person(n, to)).collect();
            let path = decision_path(&people, &[]);
            prop_assert_eq!(path.people.len(), people.len());
            prop_assert_eq!(path.levels.iter().map(|level| level.people).sum::<usize>(), people.len());
        }
    }
}
