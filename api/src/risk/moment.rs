//! The moment of an assessment, and what was known at it.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::calendar::{day_end, tenant_day};
use sea_orm::{ColumnTrait, Condition};

use crate::error::{Error, Result};
use crate::platform::Ctx;

/// The moment that risk is judged at. Nothing that happened later counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub as_of: DateTime<Utc>,
    /// Its day at the tenant.
    pub day: NaiveDate,
    /// Where the tenant's days begin and end.
    pub zone: Tz,
    /// Only what was recorded by this instant counts; `None`: whatever is recorded today.
    pub known_by: Option<DateTime<Utc>>,
}

impl Moment {
    /// `as_of`, with all that is recorded today.
    pub fn with_all_known(ctx: &Ctx, as_of: DateTime<Utc>) -> Result<Self> {
        let zone = ctx.tenant()?.zone;
        Ok(Self {
            as_of,
            day: tenant_day(as_of, zone),
            zone,
            known_by: None,
        })
    }

    /// The end of a day, with what was known by then; or now, for today and when no day is given.
    ///
    /// # Errors
    ///
    /// `BAD_USER_INPUT` for a day that is yet to come.
    pub fn on(ctx: &Ctx, day: Option<NaiveDate>) -> Result<Self> {
        let now = Self::with_all_known(ctx, ctx.as_of())?;
        match day {
            Some(day) => now.back_to(day, ctx.today()?, ctx.as_of() < ctx.now),
            None => Ok(now),
        }
    }

    /// The end of a day to come, with what is on record today; now, for today and days before.
    pub fn ahead(self, day: NaiveDate) -> Self {
        if day <= self.day {
            return self;
        }
        let as_of = day_end(day, self.zone) - Duration::microseconds(1);
        Self { as_of, day, ..self }
    }

    /// Until when what happens counts: a day counts as a whole, also today, for clocks differ and what is dated a moment ahead would
    /// else wait for the next night.
    pub fn until(&self) -> DateTime<Utc> {
        day_end(self.day, self.zone) - Duration::microseconds(1)
    }

    /// Condition: what this column dates was on record.
    pub fn recorded<C: ColumnTrait>(&self, column: C) -> Condition {
        Condition::all().add_option(self.known_by.map(|known_by| column.lte(known_by)))
    }

    /// Condition: the row was in use, by the column that says since when it is not.
    pub fn live<C: ColumnTrait>(&self, archived_at: C) -> Condition {
        self.not_yet(archived_at, self.known_by)
    }

    /// Condition: what this column dates had not happened.
    pub fn before<C: ColumnTrait>(&self, column: C) -> Condition {
        self.not_yet(column, Some(self.as_of))
    }

    fn not_yet<C: ColumnTrait>(&self, column: C, at: Option<DateTime<Utc>>) -> Condition {
        Condition::any()
            .add(column.is_null())
            .add_option(at.map(|at| column.gt(at)))
    }

    /// `pinned`: the process was told to take an earlier day for today. All its records were made after that day, so
    /// when they were made says nothing about what was known.
    fn back_to(self, day: NaiveDate, today: NaiveDate, pinned: bool) -> Result<Self> {
        if day > today.max(self.day) {
            return Err(Error::bad_input(
                "asOf cannot be a day that is yet to come.",
                "asOf に未来の日付は指定できません。",
            ));
        }
        if day == self.day {
            return Ok(self);
        }
        let as_of = day_end(day, self.zone) - Duration::microseconds(1);
        Ok(Self {
            as_of,
            day,
            known_by: (!pinned).then_some(as_of),
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn now() -> Moment {
        Moment {
            as_of: "2026-11-20T01:00:00Z".parse().unwrap(),
            day: day("2026-11-20"),
            zone: Tz::Asia__Tokyo,
            known_by: None,
        }
    }

    #[test]
    fn a_day_of_the_past_knows_what_was_recorded_by_its_end_at_the_tenant() {
        let then = now().back_to(day("2026-11-19"), day("2026-11-20"), false).unwrap();
        let end = "2026-11-19T14:59:59.999999Z".parse().unwrap();
        assert_eq!(
            (then.as_of, then.day, then.known_by),
            (end, day("2026-11-19"), Some(end))
        );
    }

    #[test]
    fn today_is_now() {
        let then = now().back_to(day("2026-11-20"), day("2026-11-20"), false).unwrap();
        assert_eq!(then, now());
    }

    #[test]
    fn looked_ahead_a_day_ends_at_the_tenant_and_nothing_before_today_does() {
        let then = now().ahead(day("2026-11-21"));
        let end = "2026-11-21T14:59:59.999999Z".parse().unwrap();
        assert_eq!((then.as_of, then.day, then.known_by), (end, day("2026-11-21"), None));
        assert_eq!(
            (now().ahead(day("2026-11-20")), now().ahead(day("2020-01-01"))),
            (now(), now())
        );
    }

    #[test]
    fn a_day_to_come_is_refused() {
        assert!(now().back_to(day("2026-11-21"), day("2026-11-20"), false).is_err());
    }

    #[test]
    fn a_pinned_process_goes_by_when_things_happened() {
        let pinned = |text| now().back_to(day(text), day("2030-01-01"), true).unwrap();
        assert_eq!(pinned("2026-01-01").known_by, None);
        // Later than the day it takes for today, and not yet to come.
        assert_eq!(pinned("2029-12-31").day, day("2029-12-31"));
    }
}
