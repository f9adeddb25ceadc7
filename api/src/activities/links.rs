//! Who took part in an activity: contacts of the account, and members of ours.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use domain::lang::Text;
use entity::{activity_contact, activity_member};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use super::queries;
use crate::error::{Error, Result, UserError, UserErrorCode};
use crate::platform::tenancy::{When, WriteTx};

/// Each id once, in order; `TOO_LARGE` when there are too many.
pub fn distinct(ids: Vec<Uuid>, field: &str) -> Result<Vec<Uuid>> {
    if ids.len() > queries::MOST_PRESENT {
        return Err(Error::user(
            &[field],
            UserErrorCode::TooLarge,
            Text::fixed("At most 50.", "50件以内で指定してください。"),
        ));
    }
    let mut seen = HashSet::new();
    Ok(ids.into_iter().filter(|id| seen.insert(*id)).collect())
}

/// The members are there, and had not left when it happened. `fields` has the place of each in the input.
pub async fn check_members(tx: &WriteTx, wanted: &[(Uuid, Vec<String>)], occurred_at: DateTime<Utc>) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = wanted.iter().map(|(id, _)| *id).collect();
    let found = queries::members(tx, &ids).await?;
    let mut problems = Vec::new();
    for (id, field) in wanted {
        let field: Vec<&str> = field.iter().map(String::as_str).collect();
        match found.iter().find(|member| member.id == *id) {
            None => problems.push(UserError::new(
                &field,
                UserErrorCode::NotFound,
                Text::fixed("There is nothing with this id.", "このIDの対象は見つかりません。"),
            )),
            Some(member) if member.ended_at.is_some_and(|ended_at| ended_at < occurred_at) => {
                problems.push(UserError::new(
                    &field,
                    UserErrorCode::Invalid,
                    Text::fixed(
                        "This member had left by then.",
                        "このメンバーはその時点で退職しています。",
                    ),
                ));
            }
            Some(_) => {}
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::User(problems))
    }
}

/// The places of other members in the input.
pub fn places(members: &[Uuid]) -> impl Iterator<Item = (Uuid, Vec<String>)> + '_ {
    let place = |(index, id): (usize, &Uuid)| (*id, vec!["withMemberIds".to_owned(), index.to_string()]);
    members.iter().enumerate().map(place)
}

/// Writes the contacts of an activity that has none.
pub async fn insert_contacts(tx: &WriteTx, when: When, activity: Uuid, contacts: &[Uuid]) -> Result<()> {
    let rows = contact_rows(tx.tenant(), activity, contacts);
    Ok(tx.insert_many_when(when, rows.collect()).await?)
}

/// The rows of an activity's contacts.
pub fn contact_rows(
    tenant: Uuid,
    activity: Uuid,
    contacts: &[Uuid],
) -> impl Iterator<Item = activity_contact::ActiveModel> + '_ {
    contacts.iter().map(move |contact| activity_contact::ActiveModel {
        tenant_id: Set(tenant),
        activity_id: Set(activity),
        contact_id: Set(*contact),
    })
}

/// Writes the other members of an activity that has none.
pub async fn insert_members(tx: &WriteTx, when: When, activity: Uuid, members: &[Uuid]) -> Result<()> {
    let rows = members.iter().map(|member| activity_member::ActiveModel {
        tenant_id: Set(tx.tenant()),
        activity_id: Set(activity),
        member_id: Set(*member),
    });
    Ok(tx.insert_many_when(when, rows.collect()).await?)
}

/// Ids of the contacts of an activity.
pub async fn contacts(tx: &WriteTx, activity: Uuid) -> Result<Vec<Uuid>> {
    let rows = queries::contacts(tx, &[activity]).await?;
    Ok(rows.into_iter().map(|row| row.contact_id).collect())
}

/// Ids of the other members at an activity.
pub async fn members(tx: &WriteTx, activity: Uuid) -> Result<Vec<Uuid>> {
    let rows = queries::present(tx, &[activity]).await?;
    Ok(rows.into_iter().map(|row| row.member_id).collect())
}

/// Takes the contacts off an activity.
pub async fn delete_contacts(tx: &WriteTx, activity: Uuid) -> Result<()> {
    tx.delete(activity_contact::Entity::delete_many().filter(activity_contact::Column::ActivityId.eq(activity)))
        .await?;
    Ok(())
}

/// Takes the other members off an activity.
pub async fn delete_members(tx: &WriteTx, activity: Uuid) -> Result<()> {
    tx.delete(activity_member::Entity::delete_many().filter(activity_member::Column::ActivityId.eq(activity)))
        .await?;
    Ok(())
}

/// Whether two lists have the same ids.
pub fn same(some: &[Uuid], others: &[Uuid]) -> bool {
    let set = |ids: &[Uuid]| ids.iter().copied().collect::<HashSet<_>>();
    set(some) == set(others)
}
