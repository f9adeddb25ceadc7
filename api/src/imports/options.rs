//! How a file is to be read: what the caller said, completed with what the tenant has.

use chrono_tz::Tz;
use domain::import::ImportKind;
use domain::lang::Text;
use domain::money::{Currency, Rate};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cells::is_date_format;
use super::columns::{ImportColumn, Mapping};
use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::members;
use crate::platform::Ctx;
use crate::platform::graphql::input::Checks;
use crate::platform::tenancy::WriteTx;

/// What the caller said.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// What the rows are.
    pub kind: ImportKind,
    /// Which column holds what, where the headers do not say.
    pub mapping: Vec<(ImportColumn, String)>,
    /// Currency of amounts without one of their own; the tenant's when nothing is said.
    pub currency: Option<String>,
    /// Zone of times without an offset of their own; the tenant's when nothing is said.
    pub time_zone: Option<String>,
    /// `strftime` format of dates, when they are not written year first.
    pub date_format: Option<String>,
    /// Tenant's currency per unit of the file's, for all rows without a rate of their own.
    pub rate: Option<String>,
    /// Who is to own accounts that are made; the caller, else the first ADMIN.
    pub owner: Option<Uuid>,
    /// Check and compare, write nothing.
    pub dry_run: bool,
    /// The file is history: orders count as known since they were placed.
    pub backfill: bool,
}

/// The same, complete: kept with the run, so that going on after a crash reads the file as it was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOptions {
    /// Headers by what they hold, as the caller said.
    pub mapping: Mapping,
    /// ISO 4217 code.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
    /// `strftime` format.
    pub date_format: Option<String>,
    /// Decimal number.
    pub rate: Option<String>,
    /// Owner of new accounts.
    pub owner: Uuid,
    /// Orders count as known since they were placed.
    pub backfill: bool,
}

impl ImportRequest {
    /// Rows of this kind, with nothing else said.
    #[must_use]
    pub const fn of(kind: ImportKind) -> Self {
        Self {
            kind,
            mapping: Vec::new(),
            currency: None,
            time_zone: None,
            date_format: None,
            rate: None,
            owner: None,
            dry_run: false,
            backfill: false,
        }
    }

    /// Checks what was said and completes it with what the tenant has.
    pub async fn resolve(&self, ctx: &Ctx, tx: &WriteTx) -> Result<ImportOptions> {
        let tenant = ctx.tenant()?;
        let options = self.complete(&tenant.currency, tenant.zone)?;
        Ok(ImportOptions {
            owner: self.owner(ctx, tx).await?,
            ..options
        })
    }

    /// Checks what was said and completes it with a currency and a zone; nobody is to own anything.
    pub fn complete(&self, currency: &str, zone: Tz) -> Result<ImportOptions> {
        let mut checks = Checks::default();
        let mut mapping = Mapping::new();
        for (column, header) in &self.mapping {
            let twice = mapping.insert(*column, header.clone()).is_some();
            checks.require(!twice, "mapping", UserErrorCode::Invalid, twice_mapped(*column));
        }
        let currency = self.currency.as_deref().unwrap_or(currency).to_ascii_uppercase();
        if let Err(error) = currency.parse::<Currency>() {
            checks.refuse("currency", UserErrorCode::Invalid, error.text());
        }
        let time_zone = self.time_zone.clone().unwrap_or_else(|| zone.name().to_owned());
        checks.require(
            time_zone.parse::<Tz>().is_ok(),
            "timeZone",
            UserErrorCode::Invalid,
            no_zone(&time_zone),
        );
        if let Some(format) = &self.date_format {
            checks.require(
                is_date_format(format),
                "dateFormat",
                UserErrorCode::Invalid,
                no_format(),
            );
        }
        let rate = match self.rate.as_deref().map(Rate::parse).transpose() {
            Ok(rate) => rate.map(|rate| rate.to_string()),
            Err(error) => {
                checks.refuse("rate", UserErrorCode::Invalid, error.text());
                None
            }
        };
        checks.done()?;
        Ok(ImportOptions {
            mapping,
            currency,
            time_zone,
            date_format: self.date_format.clone(),
            rate,
            owner: Uuid::nil(),
            backfill: self.backfill,
        })
    }

    async fn owner(&self, ctx: &Ctx, tx: &WriteTx) -> Result<Uuid> {
        if let Some(owner) = self.owner.or(ctx.actor.member()) {
            return Ok(members::member_require_owner(ctx, tx, owner, &["ownerId"]).await?.id);
        }
        match queries::first_admin(tx).await? {
            Some(admin) => Ok(admin.id),
            None => Err(Error::user(
                &["ownerId"],
                UserErrorCode::Required,
                Text::fixed(
                    "Name the owner: the company has no ADMIN.",
                    "担当者を指定してください（管理者がいません）。",
                ),
            )),
        }
    }
}

fn twice_mapped(column: ImportColumn) -> Text {
    let name = column.name();
    Text::new(
        format!("{name} is mapped twice."),
        format!("{name}が2回指定されています。"),
    )
}

fn no_zone(zone: &str) -> Text {
    Text::new(
        format!("{zone:?} is not a time zone such as Europe/London."),
        format!("「{zone}」はAsia/Tokyoのようなタイムゾーンではありません。"),
    )
}

fn no_format() -> Text {
    Text::fixed(
        "Give the format as in strftime, such as %d.%m.%Y %H:%M.",
        "%Y年%m月%d日 のようにstrftimeの形式で指定してください。",
    )
}
