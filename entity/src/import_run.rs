//! Table `import_run`.

use sea_orm::entity::prelude::*;

/// One import of a file: what was asked for, how far it came, what was wrong.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "import_run")]
pub struct Model {
    /// The company that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    /// Id, a UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What the rows are: `ORDERS` or `ACCOUNTS`.
    pub kind: String,
    /// Name of the file as it was given.
    pub file_name: String,
    /// The file; empty when it came from the command line.
    pub upload_id: Option<Uuid>,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// How to read the file: columns, currency, time zone and so on.
    pub options: Json,
    /// Whether it only checks and writes nothing.
    pub dry_run: bool,
    /// `PENDING`, `VALIDATING`, `REJECTED`, `RUNNING`, `DONE` or `FAILED`.
    pub status: String,
    /// Rows in the file.
    pub total_rows: i64,
    /// Rows dealt with so far.
    pub done_rows: i64,
    /// Rows that made something new.
    pub created_rows: i64,
    /// Rows that changed something.
    pub updated_rows: i64,
    /// Rows that said nothing new.
    pub unchanged_rows: i64,
    /// Array of what is wrong with which row.
    pub problems: Json,
    /// Member who started it; empty when a program did.
    pub started_by_id: Option<Uuid>,
    /// When the row was made.
    pub created_at: DateTimeUtc,
    /// When it last changed.
    pub updated_at: DateTimeUtc,
    /// When it ended; empty while it has not.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
