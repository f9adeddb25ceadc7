//! Reckoning the rotation calendar.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::policy::Action;
use domain::rotation::{RotationWindow, Tenures, rotation_months, rotation_window};
use entity::contact;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::{accounts, contacts};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Windows that are open on this day or later.
    pub from: NaiveDate,
    /// Windows that are open on this day or earlier.
    pub to: NaiveDate,
    /// At accounts that the caller sees under this.
    pub action: Action,
    /// The windows as they are seen on this day.
    pub as_of: NaiveDate,
    /// Only at this account.
    pub account: Option<Uuid>,
    /// Only of key contacts.
    pub key_only: bool,
    /// At most so many.
    pub most: usize,
}

/// Somebody who may be moved on.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Who.
    pub contact: contact::Model,
    /// When.
    pub window: RotationWindow,
    /// Sales of the last twelve months to his account, in minor units of the tenant's currency.
    pub value: i64,
    /// The months in which his company moves people; none where that is not known.
    pub months: &'static [u32],
}

/// The windows that overlap the days asked for, those that open first first, and what they rest on. Three statements.
pub async fn rotation_calendar(ctx: &Ctx, asked: &Asked) -> Result<(Tenures, Vec<Expected>)> {
    ctx.authorize(asked.action)?;
    if asked.to < asked.from {
        return Err(Error::bad_input(
            "to must not be before from.",
            "to は from 以降の日付で指定してください。",
        ));
    }
    let db = ctx.read().await?;
    let tenures = Tenures::of(&contacts::service::contact_tenures(ctx, &db).await?);
    let people = contacts::service::contacts_in_post(ctx, &db, asked.action, asked.account, asked.key_only).await?;
    let mut ids: Vec<Uuid> = people.iter().map(|contact| contact.account_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let accounts = accounts::service::accounts_of(ctx, &db, &ids).await?;
    let home = ctx.tenant()?.country.clone();
    let accounts: HashMap<Uuid, (String, i64)> = accounts
        .into_iter()
        .map(|account| {
            (
                account.id,
                (account.country.unwrap_or_else(|| home.clone()), account.value_sort),
            )
        })
        .collect();
    let mut expected: Vec<Expected> = people
        .into_iter()
        .filter_map(|contact| {
            let account = accounts.get(&contact.account_id);
            let months = rotation_months(account.map(|(country, _)| country.as_str()));
            let window = rotation_window(contact.started_on?, &tenures, months, asked.as_of)?;
            let overlaps = window.opens_on <= asked.to && window.closes_on >= asked.from;
            overlaps.then_some(Expected {
                contact,
                window,
                value: account.map_or(0, |(_, value)| *value),
                months,
            })
        })
        .collect();
    expected.sort_by_key(|one| (one.window.opens_on, one.window.closes_on, one.contact.id));
    expected.truncate(asked.most);
    Ok((tenures, expected))
}
