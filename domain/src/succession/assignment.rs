//! One best assignment of accounts to members, under what each can take.

use pathfinding::prelude::{Matrix, kuhn_munkres};

/// Most candidates of one assignment: those who could take most are looked at.
pub const CANDIDATES_MOST: usize = 50;

/// Who takes which account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// For each account the candidate, by place; none when nobody has room for it.
    pub to: Vec<Option<usize>>,
}

/// The assignment with the highest sum of points. `points[account][candidate]` are hundredths of a point; none says that this
/// candidate may not take this account. `room[candidate]` says how many he can take.
///
/// When not everybody's first choice fits, it is the assignment problem with each candidate there as often as he has
/// room, solved by the Kuhn–Munkres algorithm of the crate `pathfinding`. The cost grows with accounts² × room.
#[must_use]
pub fn assign(points: &[Vec<Option<u32>>], room: &[usize]) -> Assignment {
    let best: Vec<Option<usize>> = points.iter().map(|of| best_of(of, room)).collect();
    let mut taken = vec![0; room.len()];
    for candidate in best.iter().flatten() {
        taken[*candidate] += 1;
    }
    // Nobody is in the way of anybody: then the best of each is the best of all.
    if taken.iter().zip(room).all(|(taken, room)| taken <= room) {
        return Assignment { to: best };
    }
    let slots: Vec<usize> = room
        .iter()
        .enumerate()
        .flat_map(|(candidate, room)| std::iter::repeat_n(candidate, (*room).min(points.len())))
        .collect();
    // What nobody has room for goes to a column behind the last slot; where a candidate may not, the pair is worth as little.
    let columns = slots.len().max(points.len());
    let matrix = Matrix::from_fn(points.len(), columns, |(account, column)| {
        let given = slots
            .get(column)
            .and_then(|candidate| points[account].get(*candidate).copied());
        given.flatten().map_or(0, |points| NOT_NOBODY + i64::from(points))
    });
    let (_, chosen) = kuhn_munkres(&matrix);
    let to = chosen.iter().enumerate().map(|(account, column)| {
        let candidate = slots.get(*column).copied()?;
        points[account].get(candidate).copied().flatten().map(|_| candidate)
    });
    Assignment { to: to.collect() }
}

/// More than all points together could outweigh.
const NOT_NOBODY: i64 = 1 << 40;

fn best_of(points: &[Option<u32>], room: &[usize]) -> Option<usize> {
    let able = points.iter().zip(room).enumerate().filter(|(_, (_, room))| **room > 0);
    able.filter_map(|(candidate, (points, _))| points.map(|points| (candidate, points)))
        // The first of equals.
        .min_by_key(|(candidate, points)| (std::cmp::Reverse(*points), *candidate))
        .map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(points: &[Vec<Option<u32>>], to: &[Option<usize>]) -> (usize, u64) {
        let given = to.iter().zip(points).filter_map(|(to, of)| to.and_then(|to| of[to]));
        (to.iter().flatten().count(), given.map(u64::from).sum())
    }

    /// Every assignment there is; the best counts accounts first, then points.
    fn best(points: &[Vec<Option<u32>>], room: &mut [usize]) -> (usize, u64) {
        let Some((first, rest)) = points.split_first() else {
            return (0, 0);
        };
        let mut most = best(rest, room);
        for (candidate, given) in first.iter().enumerate() {
            let Some(given) = given else { continue };
            if room[candidate] == 0 {
                continue;
            }
            room[candidate] -= 1;
            let (count, sum) = best(rest, room);
            most = most.max((count + 1, sum + u64::from(*given)));
            room[candidate] += 1;
        }
        most
    }

    #[test]
    fn who_is_best_for_two_gets_the_one_that_loses_more_without_him() {
        let points = [vec![Some(90), Some(80)], vec![Some(90), Some(10)]];
        assert_eq!(assign(&points, &[1, 1]).to, [Some(1), Some(0)]);
        assert_eq!(assign(&points, &[2, 0]).to, [Some(0), Some(0)]);
        assert_eq!(assign(&points, &[1, 0]).to.iter().flatten().count(), 1);
        assert_eq!(assign(&points, &[0, 0]).to, [None, None]);
        assert_eq!(assign(&[], &[3]).to, []);
    }

    proptest! {
        #[test]
        fn nothing_is_better(
            points in prop::collection::vec(prop::collection::vec(prop::option::weighted(0.9, 0_u32..100), 3), 0..6),
            room in prop::collection::vec(0_usize..4, 3),
        ) {
            let assigned = assign(&points, &room);
            prop_assert_eq!(assigned.to.len(), points.len());
            for (candidate, room) in room.iter().enumerate() {
                prop_assert!(assigned.to.iter().flatten().filter(|to| **to == candidate).count() <= *room);
            }
            prop_assert_eq!(sum(&points, &assigned.to), best(&points, &mut room.clone()));
        }
    }
}
