//! Whose accounts a grant reaches: the actor's own, or those of everybody below in the team tree.

use std::sync::Arc;

use domain::policy::Grant;
use domain::team;
use entity::member;
use sea_orm::{EntityTrait, FromQueryResult, QuerySelect};
use uuid::Uuid;

use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;

/// Most members of a tenant that the team tree is read for.
const MOST_MEMBERS: u64 = 100_000;

#[derive(FromQueryResult)]
struct Edge {
    id: Uuid,
    manager_id: Option<Uuid>,
}

/// The members whose accounts `grant` reaches for this actor; `None` means everybody's.
pub async fn circle(ctx: &Ctx, db: &TenantDb, grant: Grant) -> Result<Option<Arc<Vec<Uuid>>>> {
    if let Some(known) = circle_now(ctx, grant) {
        return Ok(known);
    }
    let members = ctx
        .circle
        .get_or_try_init(|| async {
            let edges = edges(db).await?;
            let own = ctx.actor.member().into_iter();
            let mut members: Vec<Uuid> = own.flat_map(|root| team::subtree(root, &edges)).collect();
            members.sort_unstable();
            crate::error::Result::Ok(Arc::new(members))
        })
        .await?;
    Ok(Some(Arc::clone(members)))
}

/// The same when it needs not be read: because the grant reaches nobody below the actor, or because it was read before.
pub fn circle_now(ctx: &Ctx, grant: Grant) -> Option<Option<Arc<Vec<Uuid>>>> {
    match grant {
        Grant::All => Some(None),
        Grant::Never => Some(Some(Arc::default())),
        Grant::Related => Some(Some(Arc::new(ctx.actor.member().into_iter().collect()))),
        Grant::Subtree => ctx.circle.get().map(|members| Some(Arc::clone(members))),
    }
}

/// As [`circle`], for a member who is not the caller.
pub async fn circle_of(db: &TenantDb, member: Uuid, grant: Grant) -> Result<Option<Arc<Vec<Uuid>>>> {
    Ok(match grant {
        Grant::All => None,
        Grant::Never => Some(Arc::default()),
        Grant::Related => Some(Arc::new(vec![member])),
        Grant::Subtree => Some(Arc::new(team::subtree(member, &edges(db).await?))),
    })
}

/// Each member with his manager: the whole team tree.
pub(super) async fn edges(db: &TenantDb) -> Result<Vec<(Uuid, Option<Uuid>)>> {
    let edges: Vec<Edge> = db
        .rows(
            member::Entity::find()
                .select_only()
                .columns([member::Column::Id, member::Column::ManagerId])
                .limit(MOST_MEMBERS),
        )
        .await?;
    Ok(edges.into_iter().map(|edge| (edge.id, edge.manager_id)).collect())
}
