//! Assessments as rows, and their factors as JSON with a version, so that old rows stay readable.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use domain::risk::{Cause, Evidence, Factor, Terms};
use entity::{JsonText, assessment};
use sea_orm::Set;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::assessed::{Assessed, Lifetime};
use crate::error::{Error, Result};

/// The form that is written. One that is read may be older, never newer.
const FORMAT: u8 = 1;

/// The column `factors`.
#[derive(Serialize, Deserialize)]
struct Breakdown<'a> {
    format: u8,
    baseline_log_odds: f64,
    /// Not in rows of the models `cells-1` and `mbg-cnbd-1`.
    #[serde(default)]
    log_odds_sd: Option<f64>,
    #[serde(borrow)]
    factors: Vec<StoredFactor<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredFactor<'a> {
    kind: &'a str,
    value: f64,
    unit: &'a str,
    weight: f64,
    log_odds: f64,
    points: f64,
    low: f64,
    high: f64,
    prior_share: f64,
    cause: Option<&'a str>,
    controllable: bool,
    since: Option<NaiveDate>,
    age_days: u32,
    half_life_days: Option<u16>,
    #[serde(borrow)]
    evidence: Vec<StoredEvidence<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredEvidence<'a> {
    kind: &'a str,
    id: Uuid,
}

/// A stored assessment.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: Uuid,
    /// When it was stored.
    pub recorded_at: DateTime<Utc>,
    /// What it says.
    pub assessed: Assessed,
}

/// The row of an assessment. The tenant is set when it is inserted.
pub fn row(id: Uuid, recorded_at: DateTime<Utc>, of: &Assessed) -> Result<assessment::ActiveModel> {
    let breakdown = Breakdown {
        format: FORMAT,
        baseline_log_odds: of.baseline_log_odds,
        log_odds_sd: of.log_odds_sd,
        factors: of.factors.iter().map(written).collect(),
    };
    Ok(assessment::ActiveModel {
        tenant_id: Set(Uuid::nil()),
        id: Set(id),
        account_id: Set(of.account),
        as_of: Set(of.as_of),
        recorded_at: Set(recorded_at),
        probability: Set(of.probability),
        band: Set(of.band.as_str().to_owned()),
        unknown_reason: Set(of.unknown.map(|reason| reason.to_string())),
        horizon_days: Set(i16::try_from(of.horizon_days).map_err(Error::internal)?),
        expected_value_minor: Set(of.expected_value_minor),
        revenue_at_risk_minor: Set(of.revenue_at_risk_minor),
        sales_minor: Set(Some(of.sales_minor)),
        lifetime_value_minor: Set(of.lifetime.map(|lifetime| lifetime.minor)),
        gross_margin: Set(of.lifetime.map(|lifetime| lifetime.terms.margin())),
        discount_rate: Set(of.lifetime.map(|lifetime| lifetime.terms.discount())),
        currency: Set(of.currency.clone()),
        model_version: Set(of.model_version.clone()),
        rule_version: Set(of.rule_version.clone()),
        factors: Set(JsonText::of(&breakdown).map_err(Error::internal)?),
    })
}

/// What a row says.
///
/// # Errors
///
/// `INTERNAL` for a row that this version cannot read.
pub fn read(model: assessment::Model) -> Result<Stored> {
    let assessment::Model {
        tenant_id: _,
        id,
        account_id,
        as_of,
        recorded_at,
        probability,
        band,
        unknown_reason,
        horizon_days,
        expected_value_minor,
        revenue_at_risk_minor,
        sales_minor,
        lifetime_value_minor,
        gross_margin,
        discount_rate,
        currency,
        model_version,
        rule_version,
        factors,
    } = model;
    let lifetime = match (lifetime_value_minor, gross_margin, discount_rate) {
        (Some(minor), Some(margin), Some(discount)) => Some(Lifetime {
            minor,
            terms: Terms::new(margin, discount).map_err(Error::internal)?,
        }),
        _ => None,
    };
    let breakdown: Breakdown = factors.read().map_err(Error::internal)?;
    if breakdown.format > FORMAT {
        return Err(Error::internal(format!(
            "assessment {id} has the newer format {}",
            breakdown.format
        )));
    }
    Ok(Stored {
        id,
        recorded_at,
        assessed: Assessed {
            account: account_id,
            as_of,
            probability,
            band: named(&band)?,
            unknown: unknown_reason.as_deref().map(named).transpose()?,
            horizon_days: u16::try_from(horizon_days).map_err(Error::internal)?,
            // Before, what was expected was what had been sold.
            sales_minor: sales_minor.unwrap_or(expected_value_minor),
            expected_value_minor,
            revenue_at_risk_minor,
            lifetime,
            currency,
            model_version,
            rule_version,
            baseline_log_odds: breakdown.baseline_log_odds,
            log_odds_sd: breakdown.log_odds_sd,
            factors: breakdown.factors.into_iter().map(factor).collect::<Result<_>>()?,
        },
    })
}

fn written(factor: &Factor) -> StoredFactor<'static> {
    StoredFactor {
        kind: factor.kind.as_str(),
        value: factor.value,
        unit: factor.unit.as_str(),
        weight: factor.weight,
        log_odds: factor.log_odds,
        points: factor.points,
        low: factor.low,
        high: factor.high,
        prior_share: factor.prior_share,
        cause: factor.cause.map(Cause::as_str),
        controllable: factor.controllable,
        since: factor.since,
        age_days: factor.age_days,
        half_life_days: factor.half_life_days,
        evidence: factor
            .evidence
            .iter()
            .map(|row| StoredEvidence {
                kind: row.kind.as_str(),
                id: row.id,
            })
            .collect(),
    }
}

fn factor(stored: StoredFactor<'_>) -> Result<Factor> {
    Ok(Factor {
        kind: named(stored.kind)?,
        value: stored.value,
        unit: named(stored.unit)?,
        weight: stored.weight,
        log_odds: stored.log_odds,
        points: stored.points,
        low: stored.low,
        high: stored.high,
        prior_share: stored.prior_share,
        cause: stored.cause.map(named).transpose()?,
        controllable: stored.controllable,
        since: stored.since,
        age_days: stored.age_days,
        half_life_days: stored.half_life_days,
        evidence: stored
            .evidence
            .into_iter()
            .map(|row| {
                Ok(Evidence {
                    kind: named(row.kind)?,
                    id: row.id,
                })
            })
            .collect::<Result<_>>()?,
    })
}

fn named<T>(text: &str) -> Result<T>
where
    T: FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use domain::risk::{Band, UnknownReason};
    use sea_orm::TryIntoModel;

    use super::super::assessed::tests::sample;
    use super::*;

    fn through_the_database(assessed: &Assessed) -> Stored {
        let recorded_at = "2026-11-20T12:00:01Z".parse().unwrap();
        let model = row(Uuid::from_u128(2), recorded_at, assessed)
            .unwrap()
            .try_into_model()
            .unwrap();
        read(model).unwrap()
    }

    #[test]
    fn what_is_stored_is_read_back_to_the_last_bit() {
        let unknown = Assessed {
            probability: None,
            band: Band::Unknown,
            unknown: Some(UnknownReason::TooFewOutcomes {
                outcomes: 3,
                needed: 10,
            }),
            revenue_at_risk_minor: None,
            lifetime: None,
            log_odds_sd: None,
            factors: Vec::new(),
            ..sample()
        };
        for assessed in [sample(), unknown] {
            let stored = through_the_database(&assessed);
            assert_eq!((stored.id, &stored.assessed), (Uuid::from_u128(2), &assessed));
        }
    }

    #[test]
    fn a_newer_format_is_refused_and_not_misread() {
        let mut model = row(Uuid::nil(), sample().as_of, &sample())
            .unwrap()
            .try_into_model()
            .unwrap();
        let mut factors: serde_json::Value = model.factors.read().unwrap();
        factors["format"] = (FORMAT + 1).into();
        model.factors = JsonText::of(&factors).unwrap();
        assert!(read(model.clone()).is_err());
        model.factors = JsonText::of(&[0; 0]).unwrap();
        assert!(read(model).is_err());
    }
}
