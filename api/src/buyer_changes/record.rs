//! Recording that a contact left his post, who took it, and where he went.

use chrono::NaiveDate;
use domain::buyer_change::BuyerChangeKind;
use domain::lang::Text;
use domain::policy::Action;
use entity::{buyer_change, contact};
use sea_orm::Set;
use serde_json::json;
use uuid::Uuid;

use super::queries;
use crate::accounts::service::{account_require_live, accounts_lock};
use crate::contacts::service::{contact_copy, contact_edit, contact_require_of, contact_require_seen};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NOTE_CHARS};

/// What a buyer change is recorded from.
#[derive(Clone, Debug)]
pub struct BuyerChangeDraft {
    /// Who leaves his post.
    pub leaving: Uuid,
    /// Who takes it, a contact of the same account.
    pub arriving: Option<Uuid>,
    /// Why.
    pub kind: BuyerChangeKind,
    /// First day on which he is no longer there.
    pub occurred_on: NaiveDate,
    /// Where he goes, if that is an account too.
    pub moved_to: Option<Uuid>,
    /// Anything else.
    pub note: Option<String>,
}

/// Records a buyer change: the one who leaves has left, who reported to him reports to the one who comes,
/// and a contact at the account he moved to goes on with his history.
pub async fn buyer_change_record(ctx: &Ctx, draft: BuyerChangeDraft) -> Result<buyer_change::Model> {
    ctx.authorize(Action::ContactChange)?;
    let mut checks = Checks::default();
    let note = checks.optional("note", draft.note.clone(), NOTE_CHARS);
    let today = ctx.today()?;
    checks.require(
        draft.occurred_on
            <= today
                .checked_add_days(chrono::Days::new(MOST_AHEAD_DAYS))
                .unwrap_or(today),
        "occurredOn",
        UserErrorCode::Invalid,
        Text::fixed("The day is at most a year ahead.", "日付は1年以内で指定してください。"),
    );
    checks.require(
        draft.arriving != Some(draft.leaving),
        "arrivingContactId",
        UserErrorCode::Invalid,
        Text::fixed("This is the one who leaves.", "離任する本人は後任に指定できません。"),
    );
    checks.done()?;
    let tx = ctx.write().await?;
    let leaving = contact_require_seen(ctx, &tx, draft.leaving, &["leavingContactId"]).await?;
    let account = leaving.account_id;
    if let Some(to) = draft.moved_to {
        // Both at once, in the order of their ids: two who move crosswise must not wait for each other.
        accounts_lock(&tx, &[account, to]).await?;
    }
    account_require_live(ctx, &tx, Action::ContactChange, account, &["leavingContactId"]).await?;
    if let Some(arriving) = draft.arriving {
        contact_require_of(ctx, &tx, account, arriving, "arrivingContactId").await?;
    }
    let moved_to = match draft.moved_to {
        Some(to) if to == account => {
            return Err(Error::user(
                &["movedToAccountId"],
                UserErrorCode::Invalid,
                Text::fixed(
                    "This is the account that he leaves.",
                    "離任元と同じ取引先は指定できません。",
                ),
            ));
        }
        Some(to) => {
            account_require_live(ctx, &tx, Action::ContactChange, to, &["movedToAccountId"]).await?;
            Some(contact_copy(ctx, &tx, &leaving, to, draft.occurred_on).await?)
        }
        None => None,
    };
    let id = Uuid::now_v7();
    tx.insert(row(ctx, id, &draft, account, moved_to, note))
        .await
        .map_err(recorded_before)?;
    let left = contact::ActiveModel {
        left_on: Set(Some(leaving.left_on.unwrap_or(draft.occurred_on))),
        ..Default::default()
    };
    contact_edit(ctx, &tx, &leaving, left, &["leftOn"]).await?;
    if let Some(arriving) = draft.arriving {
        take_post(ctx, &tx, &leaving, arriving).await?;
    }
    tx.emit(
        NewEvent::new("buyer.changed", "bchg", id)
            .on_account(account)
            .with(json!({ "version": 1, "kind": draft.kind.as_str(), "contact": leaving.id })),
    );
    // He may be known already.
    super::service::buyer_changes_settle(ctx, &tx, account).await?;
    tx.commit().await?;
    let found = super::service::buyer_change_find(ctx, id).await?;
    found.ok_or_else(|| Error::internal("a buyer change vanished after it was written"))
}

/// A change is recorded at most so many days before it happens.
const MOST_AHEAD_DAYS: u64 = 366;

/// The one who comes is what the one who leaves was: a key contact, and between those above and below.
async fn take_post(
    ctx: &Ctx,
    tx: &crate::platform::tenancy::WriteTx,
    leaving: &contact::Model,
    arriving: Uuid,
) -> Result<()> {
    let arriving = contact_require_seen(ctx, tx, arriving, &["arrivingContactId"]).await?;
    let mut post = contact::ActiveModel::default();
    let mut fields = Vec::new();
    if leaving.is_key && !arriving.is_key {
        post.is_key = Set(true);
        fields.push("isKey");
    }
    // Who reported to the one who leaves, or to nobody, now stands where he stood.
    if arriving.reports_to_id.is_none_or(|superior| superior == leaving.id)
        && arriving.reports_to_id != leaving.reports_to_id
        && leaving.reports_to_id != Some(arriving.id)
    {
        post.reports_to_id = Set(leaving.reports_to_id);
        fields.push("reportsTo");
    }
    if !fields.is_empty() {
        contact_edit(ctx, tx, &arriving, post, &fields).await?;
    }
    // Not those above him: that would close a circle.
    if leaving.reports_to_id != Some(arriving.id) {
        queries::pass_reports(tx, leaving.id, arriving.id).await?;
    }
    Ok(())
}

fn row(
    ctx: &Ctx,
    id: Uuid,
    draft: &BuyerChangeDraft,
    account: Uuid,
    moved_to: Option<Uuid>,
    note: Option<String>,
) -> buyer_change::ActiveModel {
    buyer_change::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(id),
        account_id: Set(account),
        leaving_id: Set(draft.leaving),
        arriving_id: Set(draft.arriving),
        moved_to_id: Set(moved_to),
        kind: Set(draft.kind.as_str().into()),
        occurred_on: Set(draft.occurred_on),
        note: Set(note),
        recorded_by_id: Set(ctx.actor.member()),
        recorded_at: Set(ctx.now),
        established_at: Set(None),
        version: Set(1),
        created_at: Set(ctx.now),
    }
}

fn recorded_before(error: sea_orm::DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return Error::user(
            &["leavingContactId"],
            UserErrorCode::Conflict,
            Text::fixed(
                "That this contact leaves his post is recorded already.",
                "この連絡先の離任はすでに記録されています。",
            ),
        );
    }
    error.into()
}
