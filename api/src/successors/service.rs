//! Advice on successors, over the API and to the departure of a member.

use domain::policy::Action;
use domain::succession::Suitability;
use entity::member;
use uuid::Uuid;

pub use super::gather::{Candidate, Question, Ranking, rank};
use crate::accounts;
use crate::error::{Error, Result};
use crate::platform::Ctx;

/// A member who could take the account over, and how he suits it.
#[derive(Clone, Debug)]
pub struct Advised {
    /// The member.
    pub member: member::Model,
    /// How he suits it.
    pub suits: Suitability,
    /// How many accounts he owns.
    pub owned: usize,
}

/// The best successors of the account's owner, best first; `None` when the caller does not see the account.
pub async fn successor_advise(ctx: &Ctx, account: Uuid, most: usize) -> Result<Option<Vec<Advised>>> {
    ctx.authorize(Action::HandoverPlan)?;
    let db = ctx.read().await?;
    let account =
        match accounts::service::account_require(ctx, &db, Action::HandoverPlan, account, &["accountId"]).await {
            Ok(account) => account,
            Err(Error::User(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
    let question = Question {
        leaver: account.owner_id,
        accounts: std::slice::from_ref(&account),
        last_day: ctx.today()?,
        candidates: None,
    };
    let mut ranking = rank(ctx, &db, &question).await?;
    let suits = ranking.suits.pop().unwrap_or_default();
    let mut advised: Vec<Advised> = ranking
        .candidates
        .into_iter()
        .zip(suits)
        .map(|(candidate, suits)| Advised {
            member: candidate.member,
            suits,
            owned: candidate.owned,
        })
        .collect();
    // Of equals, who has least to look after.
    advised.sort_by(|a, b| b.suits.points.total_cmp(&a.suits.points).then(a.owned.cmp(&b.owned)));
    advised.truncate(most);
    Ok(Some(advised))
}
