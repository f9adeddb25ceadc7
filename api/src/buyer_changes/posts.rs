//! One person in all his posts: a contact, who he was before he moved, and who he became.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::queries;
use super::service::buyer_changes_seen;
use crate::error::Result;
use crate::platform::Ctx;

/// How often a person can have moved, to be followed.
const MOST_MOVES: usize = 20;

/// The contacts that each of these is, himself among them, in the order in which he became them. Moves at accounts that the
/// caller does not see are not followed. As many statements for many as for one: two for each move of who moved most.
pub async fn posts_of(ctx: &Ctx, contacts: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let mut next: HashMap<Uuid, Uuid> = HashMap::new();
    let mut previous: HashMap<Uuid, Uuid> = HashMap::new();
    let mut known: BTreeSet<Uuid> = contacts.iter().copied().collect();
    let mut frontier: Vec<Uuid> = contacts.to_vec();
    for _ in 0..MOST_MOVES {
        let mut moves = buyer_changes_seen(ctx, queries::of_leaving(&frontier)).await?;
        moves.extend(buyer_changes_seen(ctx, queries::of_moved(&frontier)).await?);
        frontier.clear();
        for change in moves {
            let Some(to) = change.moved_to_id else { continue };
            next.insert(change.leaving_id, to);
            previous.insert(to, change.leaving_id);
            frontier.extend([change.leaving_id, to].into_iter().filter(|id| known.insert(*id)));
        }
        if frontier.is_empty() {
            break;
        }
    }
    let of = |contact: Uuid| {
        let mut posts = vec![contact];
        while let Some(before) = posts.first().and_then(|first| previous.get(first)) {
            if posts.contains(before) {
                break;
            }
            posts.insert(0, *before);
        }
        while let Some(after) = posts.last().and_then(|last| next.get(last)) {
            if posts.contains(after) {
                break;
            }
            posts.push(*after);
        }
        (contact, posts)
    };
    Ok(contacts.iter().copied().map(of).collect())
}
