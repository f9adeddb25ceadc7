//! Table `import_queue`.

use sea_orm::entity::prelude::*;

/// Imports of uploaded files that are not over, of all companies.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "import_queue")]
pub struct Model {
    /// Its row in `import_run`. No foreign key: `import_run` can be read within its company only.
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: Uuid,
    /// Company.
    pub tenant_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
