//! A table in the words of this house: tenant-owned ones carry the tenant in every key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A table with its indexes.
pub struct Table {
    name: &'static str,
    tenant_owned: bool,
    create: TableCreateStatement,
    indexes: Vec<String>,
    unique: usize,
    without_rowid: bool,
}

/// A table whose rows belong to a tenant.
pub fn tenant_owned(name: &'static str) -> Table {
    let table = new(name, true).uuid("tenant_id");
    table.foreign(&["tenant_id"], "tenant", &["id"])
}

/// A table that belongs to no tenant.
pub fn global(name: &'static str) -> Table {
    new(name, false)
}

fn new(name: &'static str, tenant_owned: bool) -> Table {
    Table {
        name,
        tenant_owned,
        create: sea_orm_migration::prelude::Table::create().table(name).to_owned(),
        indexes: Vec::new(),
        unique: 0,
        without_rowid: false,
    }
}

macro_rules! columns {
    ($($required:ident $optional:ident $kind:ident;)*) => {
        impl Table {$(
            pub fn $required(mut self, name: &'static str) -> Self {
                self.create.col(ColumnDef::new(name).$kind().not_null());
                self
            }

            #[allow(dead_code, reason = "every kind of column comes in both forms")]
            pub fn $optional(mut self, name: &'static str) -> Self {
                self.create.col(ColumnDef::new(name).$kind().null());
                self
            }
        )*}
    };
}

columns! {
    uuid uuid_or_null uuid;
    text text_or_null text;
    int int_or_null big_integer;
    small small_or_null small_integer;
    flag flag_or_null boolean;
    double double_or_null double;
    day day_or_null date;
    instant instant_or_null timestamp_with_time_zone;
    json json_or_null json_binary;
    bytes bytes_or_null blob;
}

impl Table {
    /// Text that lists are sorted by: byte by byte on PostgreSQL too, so that both databases page alike.
    pub fn sorted_text(mut self, name: &'static str) -> Self {
        self.create.col(ColumnDef::new(name).text().not_null().extra(SORTED));
        self
    }

    /// Only these texts. For sets that rules rest on and that will not grow: SQLite changes a check by copying the table.
    pub fn one_of(mut self, column: &str, texts: &[&str]) -> Self {
        self.create
            .check(Expr::cust(format!("{column} IN ('{}')", texts.join("', '"))));
        self
    }

    /// Only numbers from `low` to `high`, or none where the column may be empty.
    pub fn between(mut self, column: &str, low: i16, high: i16) -> Self {
        self.create
            .check(Expr::cust(format!("{column} BETWEEN {low} AND {high}")));
        self
    }

    /// Kept in the primary key alone on SQLite: half the size for a table that is all key.
    pub fn all_key(mut self) -> Self {
        self.without_rowid = true;
        self
    }

    /// The primary key.
    pub fn key(mut self, columns: &[&'static str]) -> Self {
        let mut key = Index::create();
        for column in columns {
            key.col(*column);
        }
        self.create.primary_key(&mut key);
        self
    }

    /// A reference to a row of the same tenant.
    pub fn refers(self, column: &'static str, table: &'static str) -> Self {
        self.foreign(&["tenant_id", column], table, &["tenant_id", "id"])
    }

    /// A reference to a row that belongs to no tenant.
    pub fn refers_globally(self, column: &'static str, table: &'static str) -> Self {
        self.foreign(&[column], table, &["id"])
    }

    /// RESTRICT always: setting a composite key to null would null the tenant.
    fn foreign(mut self, from: &[&'static str], table: &'static str, to: &[&'static str]) -> Self {
        let mut key = ForeignKey::create();
        key.from_tbl(self.name)
            .to_tbl(table)
            .on_delete(ForeignKeyAction::Restrict);
        for (from, to) in from.iter().zip(to) {
            key.from_col(*from).to_col(*to);
        }
        self.create.foreign_key(&mut key);
        self
    }

    /// No two rows alike in these columns.
    pub fn unique(self, columns: &[&str]) -> Self {
        self.unique_where(columns, "")
    }

    /// No two rows alike in these columns, among those of the condition.
    pub fn unique_where(mut self, columns: &[&str], condition: &str) -> Self {
        let filter = if condition.is_empty() {
            String::new()
        } else {
            format!(" WHERE {condition}")
        };
        self.unique += 1;
        self.indexes.push(format!(
            "CREATE UNIQUE INDEX uq_{}_{} ON {} ({}){filter}",
            self.name,
            self.unique,
            self.name,
            columns.join(", ")
        ));
        self
    }

    /// An index for reading.
    pub fn index(mut self, columns: &[&str]) -> Self {
        let names: Vec<&str> = columns
            .iter()
            .filter(|column| !matches!(**column, "tenant_id" | "id"))
            .copied()
            .collect();
        self.indexes.push(format!(
            "CREATE INDEX ix_{}_{} ON {} ({})",
            self.name,
            names.join("_"),
            self.name,
            columns.join(", ")
        ));
        self
    }

    /// Creates it; on PostgreSQL a tenant's table gets its policy.
    pub async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        let mut create = manager.get_database_backend().build(&self.create).sql;
        if !postgres {
            create = create.replace(SORTED, "");
            if self.without_rowid {
                create.push_str(" WITHOUT ROWID");
            }
        }
        db.execute_unprepared(&create).await?;
        for index in &self.indexes {
            db.execute_unprepared(index).await?;
        }
        if postgres && self.tenant_owned {
            db.execute_unprepared(&policy(self.name)).await?;
        }
        Ok(())
    }
}

const SORTED: &str = "COLLATE \"C\"";

/// Compared with a setting that only a transaction sets. Without `missing_ok`: an unset tenant is an error, never an
/// empty answer. In a sub-select, so that it is evaluated once a statement and not once a row.
fn policy(table: &str) -> String {
    const TENANT: &str = "tenant_id = (SELECT current_setting('hikitsugi.tenant_id')::uuid)";
    format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; \
         ALTER TABLE {table} FORCE ROW LEVEL SECURITY; \
         CREATE POLICY tenant_isolation ON {table} USING ({TENANT}) WITH CHECK ({TENANT})"
    )
}
