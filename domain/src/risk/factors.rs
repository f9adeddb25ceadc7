//! The factors of the score, their causes and the weights they start with.

use uuid::Uuid;

use crate::names::text_enum;

text_enum! {
    /// What a factor is; apart from its cause, since one cause shows in many ways.
    pub enum FactorKind {
        /// How long the account has been silent, judged by its own rhythm.
        Silence = "SILENCE",
        /// How often it orders.
        Frequency = "FREQUENCY",
        /// How much it orders at a time.
        OrderSize = "ORDER_SIZE",
        /// The last order against the one before.
        OrderTrend = "ORDER_TREND",
        /// A complaint that nobody has resolved, or not within the tenant's target.
        UnresolvedComplaint = "UNRESOLVED_COMPLAINT",
        /// A complaint that was resolved within the target.
        ResolvedComplaint = "RESOLVED_COMPLAINT",
        /// A second complaint within 90 days.
        RepeatedComplaint = "REPEATED_COMPLAINT",
        /// A key contact left his post.
        KeyContactLeft = "KEY_CONTACT_LEFT",
        /// We know one person only.
        SingleContact = "SINGLE_CONTACT",
        /// We knew one person only, and a key contact left: more than both together.
        SingleContactLeft = "SINGLE_CONTACT_LEFT",
        /// Our own representative changed.
        OwnRepChanged = "OWN_REP_CHANGED",
        /// The one who took over is new to our company.
        SuccessorNewHire = "SUCCESSOR_NEW_HIRE",
        /// A low mark for satisfaction.
        LowSatisfaction = "LOW_SATISFACTION",
        /// We answered later than we want to.
        SlowReply = "SLOW_REPLY",
        /// Credit notes above a tenth of the revenue of 90 days.
        CreditNotes = "CREDIT_NOTES",
        /// The buyer was overridden from above.
        OverriddenFromAbove = "OVERRIDDEN_FROM_ABOVE",
        /// Purchasing was centralised.
        PurchasingCentralised = "PURCHASING_CENTRALISED",
        /// A policy of the client stops buying.
        PolicyFreeze = "POLICY_FREEZE",
        /// A new buyer or boss who wants changes.
        NewBroom = "NEW_BROOM",
        /// The client's budget was cut.
        BudgetShock = "BUDGET_SHOCK",
        /// Our quality slipped.
        QualitySlipped = "QUALITY_SLIPPED",
        /// Our deliveries are not dependable.
        DeliveryInconsistent = "DELIVERY_INCONSISTENT",
        /// The people do not get on.
        Chemistry = "CHEMISTRY",
        /// A competitor is courting the client.
        Competitor = "COMPETITOR",
        /// We have neglected the client.
        Neglect = "NEGLECT",
        /// The need was for once only.
        OneOffNeed = "ONE_OFF_NEED",
        /// The need returns with the season.
        SeasonalNeed = "SEASONAL_NEED",
    }
}

text_enum! {
    /// Why a client is lost, or may be.
    pub enum Cause {
        /// The need was for once only.
        OneOffNeed = "ONE_OFF_NEED",
        /// The need returns with the season.
        SeasonalNeed = "SEASONAL_NEED",
        /// The client's budget was cut.
        BudgetShock = "BUDGET_SHOCK",
        /// Our quality slipped.
        QualitySlipped = "QUALITY_SLIPPED",
        /// Our deliveries are not dependable.
        DeliveryInconsistent = "DELIVERY_INCONSISTENT",
        /// The buyer left or was replaced.
        BuyerChanged = "BUYER_CHANGED",
        /// A new buyer or boss who wants changes.
        NewBroom = "NEW_BROOM",
        /// Our own representative changed.
        RepChanged = "REP_CHANGED",
        /// The people do not get on.
        Chemistry = "CHEMISTRY",
        /// The buyer was overridden from above.
        OverriddenFromAbove = "OVERRIDDEN_FROM_ABOVE",
        /// Purchasing was centralised.
        PurchasingCentralised = "PURCHASING_CENTRALISED",
        /// A policy of the client stops buying.
        PolicyFreeze = "POLICY_FREEZE",
        /// A competitor won the client over.
        Competitor = "COMPETITOR",
        /// We neglected the client.
        Neglect = "NEGLECT",
        /// Something went wrong in our service.
        ServiceIncident = "SERVICE_INCIDENT",
        /// Asked for, and not known.
        Unknown = "UNKNOWN",
    }
}

text_enum! {
    /// The unit of a factor's value.
    pub enum Unit {
        /// Whole days.
        Days = "DAYS",
        /// A number of signals.
        Signals = "SIGNALS",
        /// A number of orders; those of one day are one.
        Orders = "ORDERS",
        /// Minor units of the tenant's currency.
        Money = "MONEY",
        /// A multiple: 1 is alike.
        Ratio = "RATIO",
        /// A mark for satisfaction, 1 to 5.
        Mark = "MARK",
    }
}

text_enum! {
    /// What kind of row proves a factor.
    pub enum EvidenceKind {
        /// An order.
        Order = "ORDER",
        /// A signal that was recorded.
        Signal = "SIGNAL",
        /// An activity.
        Activity = "ACTIVITY",
        /// A contact.
        Contact = "CONTACT",
        /// A handover.
        Handover = "HANDOVER",
        /// A contact leaving his post.
        BuyerChange = "BUYER_CHANGE",
        /// One of our members.
        Member = "MEMBER",
    }
}

/// A row that proves a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Evidence {
    /// What kind of row it is.
    pub kind: EvidenceKind,
    /// Its id.
    pub id: Uuid,
}

/// The weight that a factor starts with, before anything is learned from the tenant's own past.
///
/// A judgement informed by the signs in the literature, not published coefficients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// The weight in log-odds; of a measured factor, the coefficient of its measure.
    pub log_odds: f64,
    /// The standard deviation of that judgement, in log-odds.
    pub sd: f64,
    /// The days in which the contribution halves; `None` if it does not fade.
    pub half_life_days: Option<u16>,
    /// Whether the weight is kept from falling below 0, whatever the data say.
    pub never_negative: bool,
    /// Whether the literature says anything about its size. An unsized factor is named as such.
    pub sized: bool,
}

const fn prior(log_odds: f64, sd: f64, half_life_days: Option<u16>) -> Prior {
    Prior {
        log_odds,
        sd,
        half_life_days,
        never_negative: false,
        sized: true,
    }
}

/// Named by the product's mission, sized by nobody.
const UNSIZED: Prior = Prior {
    sized: false,
    ..prior(0.3, 0.5, Some(180))
};

impl FactorKind {
    /// The weight it starts with.
    #[must_use]
    pub const fn prior(self) -> Prior {
        match self {
            Self::Silence => prior(0.45, 0.2, None),
            Self::Frequency => prior(-0.65, 0.2, None),
            Self::OrderSize => prior(-0.15, 0.15, None),
            Self::OrderTrend => prior(-0.33, 0.15, None),
            Self::UnresolvedComplaint => prior(0.7, 0.5, Some(90)),
            Self::ResolvedComplaint => Prior {
                never_negative: true,
                ..prior(0.2, 0.3, Some(90))
            },
            Self::RepeatedComplaint => prior(0.4, 0.4, Some(90)),
            Self::KeyContactLeft => prior(0.5, 0.5, Some(180)),
            Self::SingleContact => prior(0.2, 0.3, None),
            Self::SingleContactLeft => prior(0.4, 0.4, None),
            // Its sign is uncertain: some clients buy more from the next one.
            Self::OwnRepChanged => prior(0.25, 0.5, Some(180)),
            Self::SuccessorNewHire => prior(0.15, 0.3, Some(180)),
            Self::LowSatisfaction => prior(0.3, 0.3, Some(180)),
            Self::SlowReply => prior(0.2, 0.3, Some(90)),
            Self::CreditNotes => prior(0.6, 0.4, Some(90)),
            Self::OverriddenFromAbove
            | Self::PurchasingCentralised
            | Self::PolicyFreeze
            | Self::NewBroom
            | Self::BudgetShock
            | Self::QualitySlipped
            | Self::DeliveryInconsistent
            | Self::Chemistry
            | Self::Competitor
            | Self::Neglect
            | Self::OneOffNeed
            | Self::SeasonalNeed => UNSIZED,
        }
    }

    /// Whether a person can record it as a signal; the rest is measured by the model.
    #[must_use]
    pub const fn recordable(self) -> bool {
        !matches!(
            self,
            Self::Silence | Self::Frequency | Self::OrderSize | Self::OrderTrend | Self::SingleContactLeft
        )
    }

    /// Whether our own conduct can change it, unless a person judges otherwise.
    #[must_use]
    pub const fn controllable(self) -> bool {
        match self {
            Self::UnresolvedComplaint
            | Self::ResolvedComplaint
            | Self::RepeatedComplaint
            | Self::SingleContact
            | Self::OwnRepChanged
            | Self::SuccessorNewHire
            | Self::LowSatisfaction
            | Self::SlowReply
            | Self::CreditNotes
            | Self::QualitySlipped
            | Self::DeliveryInconsistent
            | Self::Chemistry
            | Self::Neglect => true,
            // The first four are how the client buys: a symptom, nothing that we do.
            Self::Silence
            | Self::Frequency
            | Self::OrderSize
            | Self::OrderTrend
            | Self::KeyContactLeft
            | Self::SingleContactLeft
            | Self::OverriddenFromAbove
            | Self::PurchasingCentralised
            | Self::PolicyFreeze
            | Self::NewBroom
            | Self::BudgetShock
            | Self::Competitor
            | Self::OneOffNeed
            | Self::SeasonalNeed => false,
        }
    }

    /// The cause that the factor itself names; `None` where it is a symptom of any.
    #[must_use]
    pub const fn default_cause(self) -> Option<Cause> {
        match self {
            Self::Silence
            | Self::Frequency
            | Self::OrderSize
            | Self::OrderTrend
            | Self::SingleContact
            | Self::LowSatisfaction
            | Self::CreditNotes => None,
            Self::UnresolvedComplaint | Self::ResolvedComplaint | Self::RepeatedComplaint => {
                Some(Cause::ServiceIncident)
            }
            Self::KeyContactLeft | Self::SingleContactLeft => Some(Cause::BuyerChanged),
            Self::OwnRepChanged | Self::SuccessorNewHire => Some(Cause::RepChanged),
            Self::SlowReply | Self::Neglect => Some(Cause::Neglect),
            Self::OverriddenFromAbove => Some(Cause::OverriddenFromAbove),
            Self::PurchasingCentralised => Some(Cause::PurchasingCentralised),
            Self::PolicyFreeze => Some(Cause::PolicyFreeze),
            Self::NewBroom => Some(Cause::NewBroom),
            Self::BudgetShock => Some(Cause::BudgetShock),
            Self::QualitySlipped => Some(Cause::QualitySlipped),
            Self::DeliveryInconsistent => Some(Cause::DeliveryInconsistent),
            Self::Chemistry => Some(Cause::Chemistry),
            Self::Competitor => Some(Cause::Competitor),
            Self::OneOffNeed => Some(Cause::OneOffNeed),
            Self::SeasonalNeed => Some(Cause::SeasonalNeed),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_priors_are_those_of_the_table() {
        let row = |kind: FactorKind| {
            let p = kind.prior();
            (p.log_odds, p.sd, p.half_life_days)
        };
        use FactorKind::*;
        assert_eq!(row(Silence), (0.45, 0.2, None));
        assert_eq!(row(Frequency), (-0.65, 0.2, None));
        assert_eq!(row(OrderSize), (-0.15, 0.15, None));
        assert_eq!(row(OrderTrend), (-0.33, 0.15, None));
        assert_eq!(row(UnresolvedComplaint), (0.7, 0.5, Some(90)));
        assert_eq!(row(ResolvedComplaint), (0.2, 0.3, Some(90)));
        assert_eq!(row(RepeatedComplaint), (0.4, 0.4, Some(90)));
        assert_eq!(row(KeyContactLeft), (0.5, 0.5, Some(180)));
        assert_eq!(row(SingleContact), (0.2, 0.3, None));
        assert_eq!(row(SingleContactLeft), (0.4, 0.4, None));
        assert_eq!(row(OwnRepChanged), (0.25, 0.5, Some(180)));
        assert_eq!(row(SuccessorNewHire), (0.15, 0.3, Some(180)));
        assert_eq!(row(LowSatisfaction), (0.3, 0.3, Some(180)));
        assert_eq!(row(SlowReply), (0.2, 0.3, Some(90)));
        assert_eq!(row(CreditNotes), (0.6, 0.4, Some(90)));
    }

    #[test]
    fn twelve_factors_are_unsized_and_alike() {
        let unsized_kinds: Vec<_> = FactorKind::ALL.iter().filter(|kind| !kind.prior().sized).collect();
        assert_eq!(unsized_kinds.len(), 12);
        for kind in unsized_kinds {
            assert_eq!(kind.prior(), UNSIZED);
            // Each of them is a cause of its own name.
            assert_eq!(kind.default_cause().unwrap().as_str(), kind.as_str());
        }
    }

    #[test]
    fn only_a_resolved_complaint_is_bounded() {
        for kind in FactorKind::ALL {
            assert_eq!(kind.prior().never_negative, *kind == FactorKind::ResolvedComplaint);
        }
    }

    #[test]
    fn every_factor_has_advice_and_a_name_of_its_own() {
        for (what, texts) in [
            ("title", FactorKind::ALL.iter().map(|k| k.title()).collect::<Vec<_>>()),
            ("advice", FactorKind::ALL.iter().map(|k| k.advice()).collect()),
            ("cause", Cause::ALL.iter().map(|c| c.title()).collect()),
        ] {
            assert!(texts.iter().all(|t| !t.en.is_empty() && !t.ja.is_empty()), "{what}");
            let en: BTreeSet<_> = texts.iter().map(|t| t.en.clone()).collect();
            let ja: BTreeSet<_> = texts.iter().map(|t| t.ja.clone()).collect();
            assert_eq!((en.len(), ja.len()), (texts.len(), texts.len()), "{what}");
        }
    }
}
