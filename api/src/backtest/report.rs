//! What a back-test of a file found, and the same as text for a terminal.

use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;
use domain::backtest::{BackTest, CURVE_NEEDS, LEAST_OUTCOMES, Purchases, Standing, Verdict, back_test, standings};
use domain::calendar::tenant_day;
use domain::lang::Lang;
use domain::money::{Currency, thousands_apart};
use domain::risk::{Band, horizon_days};
use domain::skill::Area;

use super::words::{ahead, dated};
use crate::imports::FileOrders;

/// So many of the riskiest are listed.
pub const MOST_LISTED: usize = 25;
/// A client is called on with the riskiest fifth: the fourth of twenty steps of the gains.
pub const FIFTH: usize = 4;

/// What is asked of a file.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its name, for people.
    pub file: String,
    /// Zone of the company's days.
    pub zone: Tz,
    /// Days of silence; by the length of the history when nothing is said.
    pub horizon_days: Option<u16>,
    /// The day to take for today; that of the last order when nothing is said.
    pub as_of: Option<NaiveDate>,
}

/// A client of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name, else its number.
    pub name: String,
    /// The day of its last order.
    pub last_order: NaiveDate,
    /// Where it stands.
    pub standing: Standing,
}

/// What a back-test of a file found.
#[derive(Clone, Debug)]
pub struct Report {
    pub file: String,
    pub currency: Option<Currency>,
    /// The first day with an order.
    pub first: NaiveDate,
    pub as_of: NaiveDate,
    /// Orders by then; those of one day are one, credit notes are none.
    pub orders: usize,
    /// Clients who had ordered by then.
    pub clients: usize,
    /// Those of them with one order.
    pub once: usize,
    pub test: BackTest,
    /// The most revenue at risk first.
    pub riskiest: Vec<Listed>,
    /// Revenue at risk of all who can still be kept, in minor units.
    pub at_risk_minor: i64,
    /// Clients whose silence leaves no doubt.
    pub lost: usize,
}

impl Report {
    /// Tests the model on the orders; none when there is none by the day.
    pub fn of(asked: Asked, read: FileOrders) -> Option<Self> {
        let mut names = Vec::with_capacity(read.clients.len());
        let mut clients = Vec::with_capacity(read.clients.len());
        for client in read.clients {
            names.push(client.name.unwrap_or(client.account));
            #[expect(
                clippy::cast_precision_loss,
                reason = "a model needs no more than 53 bits of an amount"
            )]
            let orders = client
                .orders
                .iter()
                .map(|(at, minor)| (tenant_day(*at, asked.zone), *minor as f64));
            clients.push(Purchases::of(orders));
        }
        let first = clients.iter().filter_map(Purchases::first).min()?;
        let last = clients
            .iter()
            .filter_map(|client| client.days().last())
            .max_by_key(|day| day.0)?
            .0;
        let as_of = asked.as_of.unwrap_or(last);
        let horizon = asked.horizon_days.unwrap_or_else(|| horizon_days(Some(first), as_of));
        let test = back_test(&clients, horizon, as_of);
        let standings = standings(&clients, horizon, as_of);
        let (lost, kept): (Vec<_>, Vec<_>) = standings
            .into_iter()
            .partition(|one| one.assessment.band == Band::PresumedLost);
        let all = || kept.iter().chain(&lost);
        let orders = |one: &Standing| one.buying.rhythm.repeats as usize + 1;
        all().next()?;
        let listed = |standing: &Standing| Listed {
            name: names.get(standing.place).cloned().unwrap_or_default(),
            last_order: clients
                .get(standing.place)
                .and_then(|client| client.days().iter().map(|day| day.0).rfind(|day| *day <= as_of))
                .unwrap_or(first),
            standing: standing.clone(),
        };
        Some(Self {
            file: asked.file,
            currency: read.currency,
            first,
            as_of,
            orders: all().map(orders).sum(),
            clients: all().count(),
            once: all().filter(|one| one.buying.rhythm.repeats == 0).count(),
            at_risk_minor: kept
                .iter()
                .fold(0, |sum: i64, one| sum.saturating_add(one.at_risk_minor)),
            riskiest: kept.iter().take(MOST_LISTED).map(listed).collect(),
            lost: lost.len(),
            test,
        })
    }

    /// An amount for people, in whole units.
    pub fn money(&self, minor: i64) -> String {
        let exponent = self.currency.map_or(Currency::EUR, |known| known).exponent();
        let unit = 10_i64.saturating_pow(exponent);
        let whole = thousands_apart(&((minor + unit / 2).div_euclid(unit)).to_string());
        self.currency
            .map_or_else(|| whole.clone(), |currency| format!("{whole} {currency}"))
    }

    /// Of all who fell silent, the share that was among the riskiest fifth.
    pub fn in_the_first_fifth(verdict: &Verdict) -> f64 {
        verdict.gains.get(FIFTH - 1).copied().unwrap_or(0.0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let test = &self.test;
        let counted = |count: usize| thousands_apart(&count.to_string());
        writeln!(
            f,
            "{}: {} orders of {} clients, {}.",
            self.file,
            counted(self.orders),
            counted(self.clients),
            dated(Lang::En, self.first, self.as_of)
        )?;
        if test.cuts.is_empty() {
            return writeln!(
                f,
                "The model was asked at no day of the past: that takes orders of two horizons ({} days each) before today.",
                test.horizon_days
            );
        }
        writeln!(
            f,
            "The model was asked at {} days of the past who would not order in the next {} days; each time it knew nothing of what came later.\n",
            test.cuts.len(),
            test.horizon_days
        )?;
        writeln!(
            f,
            "  {:<12}{:>9}{:>14}{:>8}",
            "asked on", "clients", "fell silent", "share"
        )?;
        for cut in &test.cuts {
            let share = f64::from(cut.silent) / f64::from(cut.clients.max(1));
            writeln!(
                f,
                "  {:<12}{:>9}{:>14}{:>7.0}%",
                cut.day.to_string(),
                cut.clients,
                cut.silent,
                share * 100.0
            )?;
        }
        let Some(verdict) = &test.verdict else {
            return writeln!(
                f,
                "\nToo little happened to compare anything: at least {LEAST_OUTCOMES} must have fallen silent, and {LEAST_OUTCOMES} gone on."
            );
        };
        let told = &verdict.discrimination;
        writeln!(f, "\n  {:<28}{:>7}   95 % interval", "who falls silent (AUC)", "")?;
        for (name, area) in [
            ("Hikitsugi", &told.model),
            ("days since the last order", &told.days_since_order),
            ("RFM classes", &told.rfm),
        ] {
            writeln!(f, "  {name:<28}{:>7.3}   {}", area.value, ends(area, false))?;
        }
        let by = &told.ahead_of_rfm;
        writeln!(f, "  {:<28}{:>+7.3}   {}", "ahead of RFM", by.value, ends(by, true))?;
        writeln!(f, "  → {}", ahead(told).en)?;
        let accuracy = &verdict.accuracy;
        writeln!(
            f,
            "\n  {:<28}{:>7.4}   {:.4} if everybody is told the same: {:.0} % of that error taken away",
            "how probable (Brier)",
            accuracy.brier,
            accuracy.brier_of_base_rate,
            accuracy.skill() * 100.0
        )?;
        writeln!(
            f,
            "  {:<28}{:>6.0}%   of all who fell silent; 20 % by chance",
            "the riskiest fifth held",
            Self::in_the_first_fifth(verdict) * 100.0
        )?;
        match &verdict.deciles {
            None => writeln!(
                f,
                "\nNo curve: it takes {CURVE_NEEDS} who fell silent and {CURVE_NEEDS} who went on to say anything."
            )?,
            Some(deciles) => {
                writeln!(
                    f,
                    "\n  {:<8}{:>9}{:>12}{:>11}   95 % interval",
                    "tenth", "clients", "predicted", "observed"
                )?;
                for (place, bin) in deciles.iter().enumerate() {
                    writeln!(
                        f,
                        "  {:<8}{:>9}{:>11.0}%{:>10.0}%   {:.0}–{:.0}%",
                        place + 1,
                        bin.cases,
                        bin.predicted * 100.0,
                        bin.observed() * 100.0,
                        bin.low * 100.0,
                        bin.high * 100.0
                    )?;
                }
            }
        }
        writeln!(
            f,
            "\nRevenue at risk over the next {} days: {} ({} clients are presumed lost and not counted).",
            test.horizon_days,
            self.money(self.at_risk_minor),
            counted(self.lost)
        )
    }
}

fn ends(area: &Area, signed: bool) -> String {
    if signed {
        format!("{:+.3} … {:+.3}", area.low, area.high)
    } else {
        format!("{:.3} … {:.3}", area.low, area.high)
    }
}
