//! Kinds of factors and causes, as the API names them.

use async_graphql::Enum;

/// What a factor is; apart from its cause, since one cause shows in many ways.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::risk::FactorKind")]
pub enum FactorKind {
    /// How long the account has been silent, judged against accounts like it.
    Silence,
    /// How often it orders.
    Frequency,
    /// How much it orders at a time.
    OrderSize,
    /// The last order against the one before.
    OrderTrend,
    /// A complaint that nobody has resolved, or not within the tenant's target.
    UnresolvedComplaint,
    /// A complaint that was resolved within the target.
    ResolvedComplaint,
    /// A second complaint within 90 days.
    RepeatedComplaint,
    /// A key contact left his post.
    KeyContactLeft,
    /// We know one person only.
    SingleContact,
    /// We knew one person only, and a key contact left: more than both together.
    SingleContactLeft,
    /// Our own representative changed.
    OwnRepChanged,
    /// The one who took over is new to our company.
    SuccessorNewHire,
    /// A low mark for satisfaction.
    LowSatisfaction,
    /// We answered later than we want to.
    SlowReply,
    /// Credit notes above a tenth of the revenue of 90 days.
    CreditNotes,
    /// The buyer was overridden from above.
    OverriddenFromAbove,
    /// Purchasing was centralised.
    PurchasingCentralised,
    /// A policy of the client stops buying.
    PolicyFreeze,
    /// A new buyer or boss who wants changes.
    NewBroom,
    /// The client's budget was cut.
    BudgetShock,
    /// Our quality slipped.
    QualitySlipped,
    /// Our deliveries are not dependable.
    DeliveryInconsistent,
    /// The people do not get on.
    Chemistry,
    /// A competitor is courting the client.
    Competitor,
    /// We have neglected the client.
    Neglect,
    /// The need was for once only.
    OneOffNeed,
    /// The need returns with the season.
    SeasonalNeed,
}

/// Why a client is lost, or may be.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::risk::Cause")]
pub enum Cause {
    /// The need was for once only.
    OneOffNeed,
    /// The need returns with the season.
    SeasonalNeed,
    /// The client's budget was cut.
    BudgetShock,
    /// Our quality slipped.
    QualitySlipped,
    /// Our deliveries are not dependable.
    DeliveryInconsistent,
    /// The buyer left or was replaced.
    BuyerChanged,
    /// A new buyer or boss who wants changes.
    NewBroom,
    /// Our own representative changed.
    RepChanged,
    /// The people do not get on.
    Chemistry,
    /// The buyer was overridden from above.
    OverriddenFromAbove,
    /// Purchasing was centralised.
    PurchasingCentralised,
    /// A policy of the client stops buying.
    PolicyFreeze,
    /// A competitor won the client over.
    Competitor,
    /// We neglected the client.
    Neglect,
    /// Something went wrong in our service.
    ServiceIncident,
    /// Asked for, and not known.
    Unknown,
}
