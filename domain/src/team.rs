//! The team tree: who is below whom. Members come as pairs of (member, his manager).

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

/// Everybody below `root`, himself first, then level by level. Each appears once, also where the
/// data hold a cycle.
#[must_use]
pub fn subtree(root: Uuid, managers: &[(Uuid, Option<Uuid>)]) -> Vec<Uuid> {
    let mut reports: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for (member, manager) in managers {
        if let Some(manager) = manager {
            reports.entry(*manager).or_default().push(*member);
        }
    }
    let mut found = vec![root];
    let mut seen = HashSet::from([root]);
    let mut next = 0;
    while let Some(manager) = found.get(next) {
        for member in reports.get(manager).into_iter().flatten() {
            if seen.insert(*member) {
                found.push(*member);
            }
        }
        next += 1;
    }
    found
}

/// Whether making `new_manager` the manager of `member` would close a circle, that is, whether
/// `new_manager` is `member` himself or below him.
#[must_use]
pub fn would_cycle(member: Uuid, new_manager: Uuid, managers: &[(Uuid, Option<Uuid>)]) -> bool {
    subtree(member, managers).contains(&new_manager)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    /// 1 leads 2 and 3; 2 leads 4; 5 stands alone.
    fn team() -> Vec<(Uuid, Option<Uuid>)> {
        vec![
            (id(1), None),
            (id(2), Some(id(1))),
            (id(3), Some(id(1))),
            (id(4), Some(id(2))),
            (id(5), None),
        ]
    }

    #[test]
    fn a_subtree_holds_its_root_and_all_below() {
        assert_eq!(subtree(id(1), &team()), [id(1), id(2), id(3), id(4)]);
        assert_eq!(subtree(id(2), &team()), [id(2), id(4)]);
        assert_eq!(subtree(id(5), &team()), [id(5)]);
        assert_eq!(subtree(id(9), &team()), [id(9)]);
    }

    #[test]
    fn a_cycle_in_the_data_ends() {
        let round = [(id(1), Some(id(3))), (id(2), Some(id(1))), (id(3), Some(id(2)))];
        assert_eq!(subtree(id(1), &round), [id(1), id(2), id(3)]);
        assert_eq!(subtree(id(1), &[(id(1), Some(id(1)))]), [id(1)]);
    }

    #[test]
    fn nobody_may_be_led_by_himself_or_by_those_below_him() {
        assert!(would_cycle(id(1), id(1), &team()));
        assert!(would_cycle(id(1), id(4), &team()));
        assert!(!would_cycle(id(4), id(1), &team()));
        assert!(!would_cycle(id(3), id(2), &team()));
        assert!(!would_cycle(id(5), id(4), &team()));
    }

    proptest! {
        #[test]
        fn changes_that_are_allowed_keep_the_tree_without_cycles(
            changes in prop::collection::vec((0_usize..8, 0_usize..8), 0..60),
        ) {
            let mut team: Vec<(Uuid, Option<Uuid>)> = (0..8).map(|n| (id(n), None)).collect();
            for (member, manager) in changes {
                let (member_id, manager_id) = (team[member].0, team[manager].0);
                if !would_cycle(member_id, manager_id, &team) {
                    team[member].1 = Some(manager_id);
                }
            }
            for (member, _) in &team {
                let mut above = 0;
                let mut at = *member;
                while let Some((_, Some(manager))) = team.iter().find(|(m, _)| *m == at) {
                    at = *manager;
                    above += 1;
                    prop_assert!(above < 8, "a circle above {}", member);
                }
                let below = subtree(*member, &team);
                let distinct: HashSet<_> = below.iter().collect();
                prop_assert_eq!(distinct.len(), below.len());
            }
        }
    }
}
