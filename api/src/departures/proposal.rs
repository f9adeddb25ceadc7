//! What a departure would do: which accounts pass to whom, and why.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::lang::Text;
use domain::policy::{Action, Role};
use domain::succession::{Suitability, assign};
use entity::{account, member};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::accounts::book::{self, BookFilter};
use crate::error::{Error, Result, UserErrorCode};
use crate::handover_templates::service::template_of;
use crate::platform::Ctx;
use crate::platform::tenancy::TenantDb;
use crate::successors::service::{Question, Ranking, rank};
use crate::{accounts, follow_ups, handovers, members};

/// Most accounts of one departure.
pub const MOST_ACCOUNTS: u64 = 2_000;
/// Most candidates that a caller names.
const MOST_CANDIDATES: usize = domain::succession::CANDIDATES_MOST;
/// Most accounts that a member may be given to own.
const MOST_WORKLOAD: i32 = 100_000;

/// Whose turn it is to be assigned.
static TURN: Semaphore = Semaphore::const_new(1);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who leaves.
    pub member: Uuid,
    /// His last day.
    pub last_day: NaiveDate,
    /// Which of his accounts.
    pub filter: BookFilter,
    /// Successors that the caller chose: account and member.
    pub successors: Vec<(Uuid, Uuid)>,
    /// Who may be proposed; everybody who could when nobody is named.
    pub candidates: Option<Vec<Uuid>>,
    /// How many accounts a member may own afterwards.
    pub workload_limit: Option<i32>,
}

/// An account, and who would take it over.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// The account.
    pub account: account::Model,
    /// The successor.
    pub to: member::Model,
    /// How he suits it; none when the caller chose him, or nobody had room and it falls to him.
    pub suits: Option<Suitability>,
    /// The caller chose him.
    pub is_chosen: bool,
}

/// What a departure would do.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The accounts that would be handed over.
    pub rows: Vec<Proposed>,
    /// How many of his accounts are handed over already.
    pub handed_over: i64,
    /// How many open handovers await him as successor.
    pub awaited: i64,
    /// How many accounts a member may own afterwards.
    pub workload_limit: usize,
    /// How many open follow-ups he has, on whichever accounts.
    pub follow_ups: i64,
    /// How many open follow-ups others have on accounts that he owns.
    pub others_follow_ups: i64,
    /// How many places on the teams of accounts he has.
    pub team_places: i64,
    /// Fewer days are left than the steps of a handover usually take.
    pub is_short_notice: bool,
}

impl Request {
    /// What is wrong with the request itself.
    pub fn check(&self) -> Result<()> {
        let too_many = |field: &str, most: usize| {
            Error::user(
                &[field],
                UserErrorCode::TooLarge,
                Text::new(format!("At most {most}."), format!("{most}件以内で指定してください。")),
            )
        };
        let most = usize::try_from(MOST_ACCOUNTS).unwrap_or(usize::MAX);
        if self.successors.len() > most {
            return Err(too_many("successors", most));
        }
        if self.filter.ids.as_ref().is_some_and(|ids| ids.len() > most) {
            return Err(too_many("filter", most));
        }
        if self
            .candidates
            .as_ref()
            .is_some_and(|named| named.len() > MOST_CANDIDATES)
        {
            return Err(too_many("candidateIds", MOST_CANDIDATES));
        }
        if self
            .workload_limit
            .is_some_and(|limit| !(1..=MOST_WORKLOAD).contains(&limit))
        {
            return Err(Error::user(
                &["workloadLimit"],
                UserErrorCode::Invalid,
                Text::fixed(
                    "A limit is 1 to 100,000 accounts.",
                    "上限は1〜100000件で指定してください。",
                ),
            ));
        }
        Ok(())
    }
}

/// Proposes successors for these accounts of the leaver.
pub async fn propose(
    ctx: &Ctx,
    db: &TenantDb,
    leaver: &member::Model,
    request: &Request,
    book: Vec<account::Model>,
) -> Result<Proposal> {
    if book.len() as u64 > MOST_ACCOUNTS {
        return Err(Error::user(
            &["filter"],
            UserErrorCode::TooLarge,
            Text::fixed(
                "More than 2,000 accounts: narrow them by a filter, and assign the others first.",
                "対象が2000件を超えています。filterで絞り込み、残りは先に担当者を変更してください。",
            ),
        ));
    }
    check_named(ctx, db, leaver, request, &book).await?;
    check_candidates(ctx, db, request).await?;
    let question = Question {
        leaver: leaver.id,
        accounts: &book,
        last_day: request.last_day,
        candidates: request.candidates.as_deref(),
    };
    let ranking = rank(ctx, db, &question).await?;
    let chosen = chosen_ones(ctx, db, leaver, request).await?;
    let limit = workload_limit(request, &ranking, book.len());
    let to = assigned(&ranking, &book, &chosen, limit).await?;
    let fallback = if to
        .iter()
        .zip(&book)
        .any(|(to, account)| to.is_none() && !chosen.contains_key(&account.id))
    {
        Some(fallback(ctx, db, leaver, request.last_day).await?)
    } else {
        None
    };
    let mut rows = Vec::with_capacity(book.len());
    for (place, account) in book.into_iter().enumerate() {
        let suits = |candidate: usize| ranking.suits.get(place).and_then(|of| of.get(candidate)).copied();
        let (to, suits, is_chosen) = match (chosen.get(&account.id), to.get(place).copied().flatten(), &fallback) {
            (Some(member), ..) => (member.clone(), None, true),
            (None, Some(candidate), _) => (ranking.candidates[candidate].member.clone(), suits(candidate), false),
            (None, None, Some(fallback)) => (fallback.clone(), None, false),
            (None, None, None) => return Err(Error::internal("an account without a successor")),
        };
        rows.push(Proposed {
            account,
            to,
            suits,
            is_chosen,
        });
    }
    // What weighs most first.
    rows.sort_by_key(|row| (std::cmp::Reverse(row.account.revenue_at_risk_sort), row.account.id));
    let left = request.last_day - ctx.today()?;
    let (own, others) = follow_ups::service::follow_ups_of_count(ctx, db, leaver.id).await?;
    Ok(Proposal {
        rows,
        handed_over: book::handed_over_count(db, leaver.id).await?,
        awaited: handovers::service::handover_awaited_count(ctx, db, leaver.id).await?,
        workload_limit: limit,
        follow_ups: own,
        others_follow_ups: others,
        team_places: book::team_place_count(db, leaver.id).await?,
        is_short_notice: left.num_days() < i64::from(template_of(db).await?.notice_days),
    })
}

/// What the caller said of single accounts must be about accounts that pass on.
async fn check_named(
    ctx: &Ctx,
    db: &TenantDb,
    leaver: &member::Model,
    request: &Request,
    book: &[account::Model],
) -> Result<()> {
    let in_filter = request.filter.ids.iter().flatten().enumerate();
    let in_filter =
        in_filter.map(|(place, id)| (["filter".to_owned(), "accountIds".to_owned(), place.to_string()], *id));
    let in_successors = request.successors.iter().enumerate();
    let in_successors = in_successors.map(|(place, (id, _))| {
        (
            ["successors".to_owned(), place.to_string(), "accountId".to_owned()],
            *id,
        )
    });
    let known: HashSet<Uuid> = book.iter().map(|account| account.id).collect();
    for (path, id) in in_filter.chain(in_successors) {
        if known.contains(&id) {
            continue;
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let account = accounts::service::account_require(ctx, db, Action::HandoverPlan, id, &path).await?;
        let text = if account.owner_id != leaver.id {
            Text::fixed(
                "This account has another owner.",
                "この取引先の担当者は別のメンバーです。",
            )
        } else if handovers::service::handover_open_of(db, id).await?.is_some() {
            Text::fixed(
                "The account is being handed over already.",
                "この取引先はすでに引き継ぎ中です。",
            )
        } else {
            Text::fixed(
                "The account is archived, or the filter leaves it out.",
                "この取引先はアーカイブ済みか、filterの対象外です。",
            )
        };
        return Err(Error::user(&path, UserErrorCode::Conflict, text));
    }
    Ok(())
}

/// Whom the caller would have proposed must be there.
async fn check_candidates(ctx: &Ctx, db: &TenantDb, request: &Request) -> Result<()> {
    let Some(named) = &request.candidates else {
        return Ok(());
    };
    let found = members::service::member_find_many(ctx, db, named).await?;
    match named.iter().position(|id| !found.contains_key(id)) {
        Some(place) => Err(Error::not_found(&["candidateIds", &place.to_string()])),
        None => Ok(()),
    }
}

/// The successors that the caller chose, by account.
async fn chosen_ones(
    ctx: &Ctx,
    db: &TenantDb,
    leaver: &member::Model,
    request: &Request,
) -> Result<HashMap<Uuid, member::Model>> {
    let ids: Vec<Uuid> = request.successors.iter().map(|(_, member)| *member).collect();
    let found = members::service::member_find_many(ctx, db, &ids).await?;
    let mut chosen = HashMap::new();
    for (place, (account, member)) in request.successors.iter().enumerate() {
        let place = place.to_string();
        let path = ["successors", place.as_str(), "toMemberId"];
        let member = found.get(member).ok_or_else(|| Error::not_found(&path))?;
        let problem = if member.id == leaver.id {
            Some(Text::fixed(
                "This member is the one who leaves.",
                "退職・異動する本人は後任に指定できません。",
            ))
        } else if member.role == Role::Observer.as_str() {
            Some(Text::fixed(
                "An OBSERVER cannot look after accounts.",
                "閲覧者（OBSERVER）は取引先の担当者になれません。",
            ))
        } else if member.ended_at.is_some() || member.last_day.is_some_and(|leaves| leaves <= request.last_day) {
            Some(Text::fixed(
                "This member leaves before he could take the account over.",
                "このメンバーは引き継ぎ日より前に退職します。",
            ))
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(Error::user(&path, UserErrorCode::Invalid, problem));
        }
        chosen.insert(*account, member.clone());
    }
    Ok(chosen)
}

/// How many accounts a member may own afterwards: what the caller says, else half as many again as an even share of all
/// that the candidates own and take over.
fn workload_limit(request: &Request, ranking: &Ranking, moving: usize) -> usize {
    let said = request.workload_limit.and_then(|limit| usize::try_from(limit).ok());
    said.unwrap_or_else(|| {
        let owned: usize = ranking.candidates.iter().map(|candidate| candidate.owned).sum();
        let even = (owned + moving).div_ceil(ranking.candidates.len().max(1));
        (even * 3).div_ceil(2)
    })
}

/// One best assignment of the accounts for which nobody was chosen; the places of the candidates. Off the threads that
/// answer requests: it takes a while.
async fn assigned(
    ranking: &Ranking,
    book: &[account::Model],
    chosen: &HashMap<Uuid, member::Model>,
    limit: usize,
) -> Result<Vec<Option<usize>>> {
    let open: Vec<bool> = book.iter().map(|account| !chosen.contains_key(&account.id)).collect();
    let moving = open.iter().filter(|is_open| **is_open).count();
    // Nobody takes more than twice an even share: a departure is not one colleague's burden alone.
    let most = (moving * 2).div_ceil(ranking.candidates.len().max(1));
    let room = ranking.candidates.iter().map(|candidate| {
        let given = chosen
            .values()
            .filter(|member| member.id == candidate.member.id)
            .count();
        limit.saturating_sub(candidate.owned + given).min(most)
    });
    let room: Vec<usize> = room.collect();
    let hundredths = |suits: &Suitability| {
        let points = (suits.points * 100.0).round().clamp(0.0, 10_000.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10,000")]
        let points = points as u32;
        Some(points)
    };
    let points: Vec<Vec<Option<u32>>> = ranking
        .suits
        .iter()
        .zip(&open)
        .filter(|(_, is_open)| **is_open)
        .map(|(suits, _)| suits.iter().map(hundredths).collect())
        .collect();
    // Each takes tens of megabytes while it lasts, so one at a time.
    let turn = TURN.acquire().await.map_err(Error::internal)?;
    let assignment = tokio::task::spawn_blocking(move || assign(&points, &room)).await;
    drop(turn);
    let mut to = assignment.map_err(Error::internal)?.to.into_iter();
    Ok(open
        .iter()
        .map(|is_open| if *is_open { to.next().flatten() } else { None })
        .collect())
}

/// Whom an account falls to that nobody has room for: the leaver's manager, else an administrator.
async fn fallback(ctx: &Ctx, db: &TenantDb, leaver: &member::Model, last_day: NaiveDate) -> Result<member::Model> {
    let found = handovers::service::heir_of(ctx, db, leaver, last_day).await?;
    found.ok_or_else(|| {
        Error::user(
            &["memberId"],
            UserErrorCode::Conflict,
            Text::fixed(
                "Nobody could take the accounts over: invite somebody, or make another member ADMIN.",
                "引き継げるメンバーがいません。メンバーを招待するか、別のメンバーをADMINにしてください。",
            ),
        )
    })
}
