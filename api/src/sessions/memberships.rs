//! The companies that a person is a member of.

use domain::policy::Role;
use entity::membership_index;
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result};
use crate::members;
use crate::platform::Ctx;
use crate::platform::auth::Actor;
use crate::tenants;

/// One of a person's companies.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The membership.
    pub member: Uuid,
    /// The company.
    pub tenant: Uuid,
    /// Its name.
    pub tenant_name: String,
    /// What the person is in it.
    pub role: Role,
}

/// The companies that a person is an active member of, by name.
pub async fn memberships_of(ctx: &Ctx, user: Uuid) -> Result<Vec<Membership>> {
    let rows = queries::memberships(&ctx.global().await?, user).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.tenant_id).collect();
    let tenants = tenants::service::tenant_rows(&ctx.global().await?, &ids).await?;
    // Each company is another transaction: two at once would be two connections of one request.
    ctx.end_read().await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let name = tenants
            .iter()
            .find(|tenant| tenant.id == row.tenant_id)
            .map(|tenant| tenant.name.clone());
        if let (Some(tenant_name), Some(role)) = (name, role_in(ctx, &row).await?) {
            found.push(Membership {
                member: row.member_id,
                tenant: row.tenant_id,
                tenant_name,
                role,
            });
        }
    }
    found.sort_by(|a, b| (&a.tenant_name, a.tenant).cmp(&(&b.tenant_name, b.tenant)));
    Ok(found)
}

/// What the person is there now; nothing when he has left. The index has no roles, so each company is asked, one after
/// the other: a person has few.
async fn role_in(ctx: &Ctx, row: &membership_index::Model) -> Result<Option<Role>> {
    if let Actor::Member { member, role, .. } = ctx.actor
        && member == row.member_id
    {
        return Ok(Some(role));
    }
    let db = ctx.app.database.tenant_read(row.tenant_id, ctx.tally()).await?;
    let member = members::service::member_find_active(&db, row.member_id).await?;
    db.end().await?;
    let role = member.map(|member| member.role.parse::<Role>()).transpose();
    role.map_err(Error::internal)
}
