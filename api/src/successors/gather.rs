//! From the rows to the ranking: what is known of each candidate about each account.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::policy::Role;
use domain::succession::{CANDIDATES_MOST, Fit, Suitability, suitability};
use entity::{account, contact, member};
use uuid::Uuid;

use super::queries;
use crate::error::Result;
use crate::platform::Ctx;
use crate::platform::tenancy::{Columns, TenantDb};
use crate::{activities, contacts};

/// Who is asked about.
pub struct Question<'a> {
    /// The owner of the accounts.
    pub leaver: Uuid,
    /// The accounts.
    pub accounts: &'a [account::Model],
    /// A candidate whom the caller names must be there after this day; of the others nobody who is to leave is proposed.
    pub last_day: NaiveDate,
    /// Only these members; everybody who could when nobody is named.
    pub candidates: Option<&'a [Uuid]>,
}

/// A member who could take accounts over.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The member.
    pub member: member::Model,
    /// How many accounts he owns.
    pub owned: usize,
}

/// How every candidate suits every account.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// The candidates, by their ids.
    pub candidates: Vec<Candidate>,
    /// For each account, in the order given, each candidate.
    pub suits: Vec<Vec<Suitability>>,
}

/// Ranks everybody who could take these accounts over. Five statements, however many accounts and members.
pub async fn rank(ctx: &Ctx, db: &TenantDb, question: &Question<'_>) -> Result<Ranking> {
    let books = Books::of(queries::books(db).await?);
    let candidates = chosen(question, &books, queries::able(db).await?);
    let ids: Vec<Uuid> = question.accounts.iter().map(|account| account.id).collect();
    let contacts = contacts::service::key_contacts_of(ctx, db, &ids, Columns::all()).await?;
    let met = activities::service::meetings_at(ctx, db, &ids).await?;
    let met: HashSet<(Uuid, Uuid)> = met.iter().map(|met| (met.contact, met.member)).collect();
    let today = ctx.today()?;
    let suits = question.accounts.iter().map(|account| {
        let contacts = contacts.get(&account.id).map_or(&[][..], Vec::as_slice);
        let fits = candidates.iter().map(|candidate| {
            suitability(&Fit {
                industry_accounts: books.in_industry(candidate.member.id, account),
                leaver_industry_accounts: books.in_industry(question.leaver, account),
                contacts_met: share_met(contacts, candidate.member.id, &met),
                days_here: (today - candidate.member.joined_on).num_days(),
            })
        });
        fits.collect()
    });
    Ok(Ranking {
        suits: suits.collect(),
        candidates,
    })
}

/// Who is looked at: those named, or the members in the field, and the administrators when there are none. Of more than can
/// be looked at, first those of the same manager, then those who look after most of the same industries, then those with
/// least to look after.
fn chosen(question: &Question<'_>, books: &Books, able: Vec<member::Model>) -> Vec<Candidate> {
    let manager = able.iter().find(|member| member.id == question.leaver);
    let manager = manager.and_then(|leaver| leaver.manager_id);
    let mut there: Vec<member::Model> = able
        .into_iter()
        .filter(|member| member.id != question.leaver)
        .filter(|member| match question.candidates {
            Some(named) => {
                let stays = member.last_day.is_none_or(|last_day| last_day > question.last_day);
                stays && named.contains(&member.id)
            }
            // Whoever leaves, though later, would only hand on.
            None => member.last_day.is_none(),
        })
        .collect();
    let in_the_field = |member: &member::Model| member.role != Role::Admin.as_str();
    if question.candidates.is_none() && there.iter().any(in_the_field) {
        there.retain(in_the_field);
    }
    let industries: HashSet<&str> = question
        .accounts
        .iter()
        .filter_map(|account| account.industry.as_deref())
        .collect();
    there.sort_by_cached_key(|member| {
        let alike: u32 = industries.iter().map(|industry| books.count(member.id, industry)).sum();
        let is_colleague = manager.is_some() && member.manager_id == manager;
        (Reverse(is_colleague), Reverse(alike), books.owned(member.id), member.id)
    });
    there.truncate(CANDIDATES_MOST);
    there.sort_by_key(|member| member.id);
    let candidates = there.into_iter().map(|member| Candidate {
        owned: books.owned(member.id),
        member,
    });
    candidates.collect()
}

/// The share of the contacts that the member has met, by their say; all count alike where none has any.
fn share_met(contacts: &[contact::Model], member: Uuid, met: &HashSet<(Uuid, Uuid)>) -> f64 {
    let nobody_has_say = contacts.iter().all(|contact| contact.say <= 0);
    let weight = |contact: &contact::Model| {
        if nobody_has_say {
            1.0
        } else {
            f64::from(contact.say.max(0))
        }
    };
    let all: f64 = contacts.iter().map(weight).sum();
    let known = contacts.iter().filter(|contact| met.contains(&(contact.id, member)));
    if all > 0.0 {
        known.map(weight).sum::<f64>() / all
    } else {
        0.0
    }
}

/// What each member looks after.
struct Books {
    by_industry: HashMap<(Uuid, String), u32>,
    all: HashMap<Uuid, usize>,
}

impl Books {
    fn of(rows: Vec<queries::Book>) -> Self {
        let (mut by_industry, mut all) = (HashMap::new(), HashMap::new());
        for row in rows {
            *all.entry(row.owner_id).or_default() += usize::try_from(row.accounts).unwrap_or(0);
            if let Some(industry) = row.industry {
                by_industry.insert(
                    (row.owner_id, industry),
                    u32::try_from(row.accounts).unwrap_or(u32::MAX),
                );
            }
        }
        Self { by_industry, all }
    }

    fn owned(&self, member: Uuid) -> usize {
        self.all.get(&member).copied().unwrap_or(0)
    }

    fn count(&self, member: Uuid, industry: &str) -> u32 {
        self.by_industry
            .get(&(member, industry.to_owned()))
            .copied()
            .unwrap_or(0)
    }

    fn in_industry(&self, member: Uuid, account: &account::Model) -> u32 {
        account
            .industry
            .as_deref()
            .map_or(0, |industry| self.count(member, industry))
    }
}
