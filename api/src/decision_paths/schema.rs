//! Decision paths as the API shows them.

use async_graphql::{ComplexObject, Context, SimpleObject};
use chrono::{DateTime, Utc};
use domain::decision_path::{Level, Meeting, Place};
use uuid::Uuid;

use super::loaders::PathOf;
use super::service::Laid;
use crate::contacts::Contact;
use crate::error::Result;
use crate::members::Member;
use crate::members::loaders::MemberById;
use crate::platform::graphql::{list_size, loaders};

/// Most of us who are shown to have met one person, those who met him last.
const MOST_MET: usize = 20;

/// Who reports to whom at a client, up to headquarters, and which of us has met each.
#[derive(SimpleObject)]
pub struct DecisionPath {
    /// The people there now, each before those who report to him; at most 200.
    #[graphql(directive = list_size::apply(200))]
    pub people: Vec<DecisionPerson>,
    /// The levels from the head down.
    #[graphql(directive = list_size::apply(10))]
    pub levels: Vec<DecisionLevel>,
    /// True when one person there is all that we have met: when he goes, nobody there knows us.
    pub is_single_contact: bool,
    /// True when one of us is all that has met anybody there: when he goes, nobody here knows them.
    pub is_single_member: bool,
}

/// A person's place in a decision path.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct DecisionPerson {
    /// The person.
    pub contact: Contact,
    /// 0 at the head, 1 for who reports to the head, and so on.
    pub level: i32,
    #[graphql(skip)]
    met_by: Vec<Meeting>,
}

#[ComplexObject]
impl DecisionPerson {
    /// Who of us has had two-way touches with him, who met him last first; at most 20. Empty when nobody has.
    #[graphql(directive = list_size::apply(5))]
    async fn met_by(&self) -> Vec<DecisionMeeting> {
        let met = self.met_by.iter().take(MOST_MET);
        met.map(|meeting| DecisionMeeting {
            last_at: meeting.last_at,
            member: meeting.member,
        })
        .collect()
    }
}

/// One of us has met a person.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct DecisionMeeting {
    /// Instant of the latest two-way touch.
    pub last_at: DateTime<Utc>,
    #[graphql(skip)]
    member: Uuid,
}

#[ComplexObject]
impl DecisionMeeting {
    /// Who of us.
    async fn member(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        Ok(loaders(gql).load_one(MemberById(self.member)).await?.map(Member::from))
    }
}

/// How well we know one level of a client.
#[derive(Clone, SimpleObject)]
pub struct DecisionLevel {
    /// 0 at the head.
    pub level: i32,
    /// People there.
    pub contact_count: i32,
    /// People there whom one of us has met.
    pub met_count: i32,
    /// True when nobody there has been met.
    pub is_unmet: bool,
}

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

impl From<Level> for DecisionLevel {
    fn from(level: Level) -> Self {
        let Level { level, people, met } = level;
        Self {
            level: count(level),
            contact_count: count(people),
            met_count: count(met),
            is_unmet: met == 0,
        }
    }
}

impl From<Laid> for DecisionPath {
    fn from(laid: Laid) -> Self {
        let Laid { path, mut people } = laid;
        let person = |Place { contact, level, met_by }: Place| {
            Some(DecisionPerson {
                contact: people.remove(&contact)?.into(),
                level: count(level),
                met_by,
            })
        };
        Self {
            people: path.people.into_iter().filter_map(person).collect(),
            levels: path.levels.into_iter().map(DecisionLevel::from).collect(),
            is_single_contact: path.single_contact,
            is_single_member: path.single_member,
        }
    }
}

/// The decision path of an account; null when nobody is known there. The body of `Account.decisionPath`.
pub async fn of_account(gql: &Context<'_>, account: Uuid) -> Result<Option<DecisionPath>> {
    Ok(loaders(gql).load_one(PathOf(account)).await?.map(DecisionPath::from))
}
