//! Imports as the API shows them.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use async_graphql::{ComplexObject, Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use entity::import_run;
use uuid::Uuid;

use super::columns::ImportColumn;
use super::problems::{Problem, Problems, Severity};
use super::service::{self, ImportRequest};
use super::{ImportId, UploadId};
use crate::error::{Error, Result};
use crate::members::{Member, MemberId, loaders::MemberById};
use crate::platform::graphql::{
    Connection, Decimal, Loaders, PageArgs, Total, connection, cx, list_size, loaders, payload,
};

/// What the rows of an imported file are.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::import::ImportKind")]
pub enum ImportKind {
    /// Orders, with the accounts that they name.
    Orders,
    /// Accounts.
    Accounts,
}

/// How far an import has come.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::import::ImportStatus")]
pub enum ImportStatus {
    /// Waits for a worker.
    Pending,
    /// Every row is being checked; nothing is written yet.
    Validating,
    /// Rows were bad; nothing was written.
    Rejected,
    /// Rows are being written; goes on here after a crash.
    Running,
    /// All rows are in or, in a dry run, would be.
    Done,
    /// Gave up for a reason that is not in the file; the same file again goes through what is left.
    Failed,
}

/// The import of one file.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct Import {
    /// Id, `imp_…`.
    pub id: ImportId,
    /// What the rows are.
    pub kind: ImportKind,
    /// Name of the file.
    pub file_name: String,
    /// True when it only shows what would happen.
    pub is_dry_run: bool,
    /// How far it has come.
    pub status: ImportStatus,
    /// Rows of the file without its header; 0 until it was checked.
    pub total_rows: i64,
    /// Rows that are through.
    pub done_rows: i64,
    /// Rows that made something new.
    pub created_rows: i64,
    /// Rows that changed something.
    pub updated_rows: i64,
    /// Rows that were so already.
    pub unchanged_rows: i64,
    /// How many problems of severity ERROR there are; with any, nothing is written.
    pub error_count: u64,
    /// How many problems of severity WARNING there are; the same value in many rows is one.
    pub warning_count: u64,
    /// Instant at which it was asked for.
    pub created_at: DateTime<Utc>,
    /// Instant of the last progress.
    pub updated_at: DateTime<Utc>,
    /// Instant at which it ended; null while it lasts.
    pub finished_at: Option<DateTime<Utc>>,
    #[graphql(skip)]
    row: Row,
}

/// What resolvers of the import need and clients do not see as such.
#[derive(Clone)]
struct Row {
    started_by: Option<Uuid>,
    problems: Vec<Problem>,
}

impl From<import_run::Model> for Import {
    fn from(model: import_run::Model) -> Self {
        let import_run::Model {
            tenant_id: _,
            id,
            kind,
            file_name,
            upload_id: _,
            sha256: _,
            options: _,
            dry_run,
            status,
            total_rows,
            done_rows,
            created_rows,
            updated_rows,
            unchanged_rows,
            problems,
            started_by_id,
            created_at,
            updated_at,
            finished_at,
        } = model;
        let problems: Problems = serde_json::from_value(problems).unwrap_or_default();
        Self {
            id: id.into(),
            kind: kind
                .parse()
                .map_or(ImportKind::Orders, domain::import::ImportKind::into),
            file_name,
            is_dry_run: dry_run,
            status: status
                .parse()
                .map_or(ImportStatus::Failed, domain::import::ImportStatus::into),
            total_rows,
            done_rows,
            created_rows,
            updated_rows,
            unchanged_rows,
            error_count: problems.errors,
            warning_count: problems.warnings,
            created_at,
            updated_at,
            finished_at,
            row: Row {
                started_by: started_by_id,
                problems: problems.first,
            },
        }
    }
}

#[ComplexObject]
impl Import {
    /// What is wrong with the rows, in the order of the file; the first hundred, errors before warnings.
    #[graphql(directive = list_size::apply(100))]
    async fn problems(&self) -> Vec<ImportProblem> {
        self.row.problems.iter().cloned().map(ImportProblem).collect()
    }

    /// Who asked for it; null when an API client or the command line did.
    async fn started_by(&self, gql: &Context<'_>) -> Result<Option<Member>> {
        let Some(id) = self.row.started_by else { return Ok(None) };
        Ok(loaders(gql).load_one(MemberById(id)).await?.map(Member::from))
    }
}

/// Something that is wrong with a row of an imported file.
pub struct ImportProblem(Problem);

/// Something that is wrong with a row of an imported file.
#[Object]
impl ImportProblem {
    /// Line of the file at which the row begins; the header is line 1.
    async fn line(&self) -> u64 {
        self.0.line
    }

    /// Header of the column, when it is about one.
    async fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// How bad it is.
    async fn severity(&self) -> Severity {
        self.0.severity
    }

    /// Why, in the language of the request's Accept-Language (English or Japanese).
    async fn reason(&self, gql: &Context<'_>) -> &str {
        match cx(gql).request.lang {
            domain::lang::Lang::En => &self.0.en,
            domain::lang::Lang::Ja => &self.0.ja,
        }
    }
}

/// An import by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImportById(pub Uuid);

impl Loader<ImportById> for Loaders {
    type Value = import_run::Model;
    type Error = Error;

    async fn load(&self, keys: &[ImportById]) -> Result<HashMap<ImportById, import_run::Model>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let found = service::import_find_many(&self.ctx, &ids).await?;
        Ok(found.into_iter().map(|row| (ImportById(row.id), row)).collect())
    }
}

/// Reading imports.
#[derive(Default)]
pub struct ImportQuery;

#[Object]
impl ImportQuery {
    /// One import; null when there is none.
    async fn import(&self, gql: &Context<'_>, #[graphql(desc = "Its id.")] id: ImportId) -> Result<Option<Import>> {
        Ok(service::import_find(cx(gql), id.0).await?.map(Import::from))
    }

    /// The imports, newest first.
    async fn imports(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Rows from the start or after `after`, 1–100; 20 when nothing is said.")] first: Option<i32>,
        #[graphql(desc = "Rows behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Rows from the end or before `before`, 1–100.")] last: Option<i32>,
        #[graphql(desc = "Rows in front of this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<Import>>> {
        let page = service::import_list(
            cx(gql),
            &PageArgs {
                first,
                after,
                last,
                before,
            },
        )
        .await?;
        let total = Total::new(|ctx| async move { service::import_count(&ctx).await });
        Ok(Some(connection(page, total, Import::from)))
    }
}

payload! {
    /// Result of `importStart`.
    ImportStartPayload {
        /// The import, which goes on in the background.
        import: Import
    }
}

/// Which column of the file holds what.
#[derive(InputObject)]
pub struct ImportMappingInput {
    /// What the column holds.
    pub column: ImportColumn,
    /// Its header, exactly as the file has it.
    pub header: String,
}

/// A file to import.
#[derive(InputObject)]
pub struct ImportStartInput {
    /// The file: what `POST /uploads` answered.
    pub upload_id: UploadId,
    /// What its rows are.
    pub kind: ImportKind,
    /// Which column holds what, where the headers are not well known.
    pub mapping: Option<Vec<ImportMappingInput>>,
    /// Currency of amounts without one of their own, ISO 4217; the tenant's when nothing is said.
    pub currency: Option<String>,
    /// IANA zone of times without an offset of their own; the tenant's when nothing is said.
    pub time_zone: Option<String>,
    /// How dates are written when not year first, as in strftime: `%d.%m.%Y %H:%M`.
    pub date_format: Option<String>,
    /// Tenant's currency per unit of the file's; needed when they differ and the file has no column for it.
    pub rate: Option<Decimal>,
    /// Who is to own accounts that are made; the caller, else the first ADMIN.
    pub owner_id: Option<MemberId>,
    /// Check the file and show what would happen; write nothing.
    #[graphql(default)]
    pub dry_run: bool,
    /// The file is history: orders count as known since they were placed, not since today.
    #[graphql(default)]
    pub backfill: bool,
}

impl From<ImportStartInput> for ImportRequest {
    fn from(input: ImportStartInput) -> Self {
        let mapping = input.mapping.unwrap_or_default().into_iter();
        Self {
            kind: input.kind.into(),
            mapping: mapping.map(|entry| (entry.column, entry.header)).collect(),
            currency: input.currency,
            time_zone: input.time_zone,
            date_format: input.date_format,
            rate: input.rate.map(|rate| rate.0),
            owner: input.owner_id.map(Into::into),
            dry_run: input.dry_run,
            backfill: input.backfill,
        }
    }
}

/// Importing files.
#[derive(Default)]
pub struct ImportMutation;

#[Object]
impl ImportMutation {
    /// Begins the import of an uploaded file; ask for `import(id)` to see how it goes.
    async fn import_start(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The file, and how to read it.")] input: ImportStartInput,
    ) -> Result<Option<ImportStartPayload>> {
        let result = service::import_start(cx(gql), input.upload_id.0, input.into()).await;
        ImportStartPayload::of(result.map(Import::from)).map(Some)
    }
}
