//! Rows of which only some columns were read: for lists that are asked for a few of many.

use std::sync::LazyLock;

use sea_orm::{DbErr, EntityTrait, QueryResult, QuerySelect, Select, TryGetable};

use crate::{account, activity, contact, event};

/// A table of which some columns may be read.
pub trait Sparse: EntityTrait {
    /// The row with the columns whose bits are set (the first column's is the lowest), which stand in it in the table's
    /// order. The others have their types' defaults: nobody may look at them.
    ///
    /// # Errors
    ///
    /// When a column does not have its type.
    fn read(row: &QueryResult, columns: u64) -> Result<Self::Model, DbErr>;

    /// A select of none of the columns, for whoever chooses some: `find` writes all of them down, which takes longer than most of
    /// what is done with it.
    fn bare() -> Select<Self>;
}

/// Goes through the columns of a table beside those of a row. By places: looking names up costs more than the values.
struct Places<'a> {
    row: &'a QueryResult,
    columns: u64,
    column: u32,
    place: usize,
}

impl Places<'_> {
    fn next<T: TryGetable + Default>(&mut self) -> Result<T, DbErr> {
        let is_there = self.columns >> self.column & 1 == 1;
        self.column += 1;
        if !is_there {
            return Ok(T::default());
        }
        self.place += 1;
        self.row.try_get_by_index(self.place - 1)
    }
}

macro_rules! sparse {
    ($($module:ident { $($field:ident),* $(,)? })*) => {
        $(impl Sparse for $module::Entity {
            fn read(row: &QueryResult, columns: u64) -> Result<$module::Model, DbErr> {
                let mut places = Places { row, columns, column: 0, place: 0 };
                Ok($module::Model { $($field: places.next()?),* })
            }

            fn bare() -> Select<Self> {
                static BARE: LazyLock<Select<$module::Entity>> = LazyLock::new(|| $module::Entity::find().select_only());
                BARE.clone()
            }
        })*

        #[cfg(test)]
        mod tests {
            use sea_orm::{IdenStatic, Iterable};

            #[test]
            fn the_lists_have_the_order_of_the_tables() {
                $({
                    let columns: Vec<&str> = crate::$module::Column::iter().map(|column| column.as_str()).collect();
                    assert_eq!(columns, [$(stringify!($field).trim_start_matches("r#")),*]);
                    assert!(columns.len() < 64);
                })*
            }
        }
    };
}

sparse! {
    account {
        tenant_id, id, name, name_kana, sort_key, search_text, lifecycle, industry, segment, country, website, external_id,
        owner_id, acquisition_channel, fiscal_year_end_month, touch_cadence_days, note, archived_at, merged_into_id, band, probability, risk_sort,
        revenue_at_risk_sort, value_sort, expected_value_minor, last_touch_sort, assessment_id, version, created_at, updated_at,
    }
    contact {
        tenant_id, id, account_id, family_name, given_name, family_kana, given_kana, sort_key, title, department, email,
        phone, reports_to_id, decision_role, say, is_key, key_recorded_at, started_on, left_on, left_recorded_at, note, archived_at, version, created_at,
        updated_at,
    }
    activity {
        tenant_id, id, account_id, kind, member_id, started_by, two_way, occurred_at, recorded_at, summary, next_step,
        satisfaction, satisfaction_recorded_at, external_id, archived_at, version, created_at,
    }
    event { tenant_id, seq, id, r#type, subject_kind, subject_id, account_id, actor_kind, actor_id, payload, occurred_at }
}
