//! Briefings as the API shows them.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::gather::Briefed;
use super::link::{self, MOST_MINUTES};
use super::loaders::BriefingOn;
use crate::accounts::Account;
use crate::activities::Activity;
use crate::decision_paths::DecisionPath;
use crate::error::{Error, Result};
use crate::follow_ups::FollowUp;
use crate::platform::graphql::{Date, MoneyView, cx, list_size, loaders};
use crate::products::Product;
use crate::risk::Assessment;
use crate::signals::Signal;

/// Why a client is thought of on a day.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::occasion::OccasionKind")]
pub enum OccasionKind {
    /// The day of the first order, each year.
    FirstOrder,
    /// The end of the client's fiscal year.
    FiscalYearEnd,
    /// Mid-year gifts (お中元), from 1 July; of clients in Japan.
    MidYearGift,
    /// Year-end gifts (お歳暮), from 1 December; of clients in Japan.
    YearEndGift,
    /// New Year's cards (年賀状), to arrive on 1 January; of clients in Japan.
    NewYearCard,
}

/// A day on which a client is thought of.
#[derive(Clone, SimpleObject)]
pub struct Occasion {
    /// Why.
    pub kind: OccasionKind,
    /// When: within the year to come. Of a season its first day.
    pub on: Date,
}

/// How a product stands with an account.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductRating {
    /// It has been supplied.
    A,
}

/// A product that an account has bought.
#[derive(Clone, SimpleObject)]
pub struct BriefingProduct {
    /// What.
    pub product: Product,
    /// How it stands with the account.
    pub rating: ProductRating,
    /// In how many lines of orders.
    pub order_count: i32,
    /// Instant of the last order.
    pub last_ordered_at: DateTime<Utc>,
}

/// Something that was agreed to happen next.
#[derive(Clone, SimpleObject)]
pub struct BriefingPromise {
    /// What was agreed.
    pub text: String,
    /// The touch in which it was.
    pub activity: Activity,
}

/// A page at a link.
#[derive(Clone, SimpleObject)]
pub struct BriefingPage {
    /// Its address. Whoever has it sees the page until it expires: give it to nobody else.
    pub url: String,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
}

/// Everything that a successor must know of an account, on two pages.
pub struct Briefing {
    handover: Uuid,
    briefed: Arc<Briefed>,
}

/// Everything that a successor must know of an account, on two pages.
#[Object]
impl Briefing {
    /// The account, with its notes.
    async fn account(&self) -> Account {
        self.briefed.account.clone().into()
    }

    /// The people there, who decides, and which of us has met each; null when nobody is known there.
    async fn people(&self) -> Option<DecisionPath> {
        self.briefed.path.clone().map(DecisionPath::from)
    }

    /// What was last talked about: the newest two-way touches, newest first; at most 8.
    #[graphql(directive = list_size::apply(8))]
    async fn last_talks(&self) -> Vec<Activity> {
        self.briefed.talks.iter().cloned().map(Activity::from).collect()
    }

    /// What was promised: next steps agreed in the newest 20 touches, newest first.
    #[graphql(directive = list_size::apply(10))]
    async fn promises(&self) -> Vec<BriefingPromise> {
        let promises = self.briefed.promises.iter().filter_map(|touch| {
            Some(BriefingPromise {
                text: touch.next_step.clone()?,
                activity: touch.clone().into(),
            })
        });
        promises.collect()
    }

    /// What should happen next: the account's open follow-ups, those due first first; at most 20.
    #[graphql(directive = list_size::apply(20))]
    async fn follow_ups(&self) -> Result<Vec<FollowUp>> {
        self.briefed.follow_ups.iter().cloned().map(FollowUp::of).collect()
    }

    /// What the account has bought, latest first; at most 20. Products that it is likely to need are not rated yet.
    #[graphql(directive = list_size::apply(20))]
    async fn products(&self) -> Vec<BriefingProduct> {
        let products = self.briefed.products.iter().map(|bought| BriefingProduct {
            product: bought.product.clone().into(),
            rating: ProductRating::A,
            order_count: i32::try_from(bought.supplied.lines).unwrap_or(i32::MAX),
            last_ordered_at: bought.supplied.last_at,
        });
        products.collect()
    }

    /// Sales of the last twelve months.
    async fn value(&self, gql: &Context<'_>) -> Result<MoneyView> {
        MoneyView::from_minor(self.briefed.account.value_sort, &cx(gql).tenant()?.currency)
    }

    /// Its risk now, with the reasons.
    async fn assessment(&self) -> Option<Assessment> {
        self.briefed.assessed.clone().map(Assessment::from)
    }

    /// Gifts, greetings and anniversaries of the year to come, soonest first.
    #[graphql(directive = list_size::apply(5))]
    async fn occasions(&self) -> Vec<Occasion> {
        let occasions = self.briefed.occasions.iter().map(|occasion| Occasion {
            kind: occasion.kind.into(),
            on: Date(occasion.on),
        });
        occasions.collect()
    }

    /// What to beware of: signals that nobody has settled, newest first; at most 20.
    #[graphql(directive = list_size::apply(20))]
    async fn pitfalls(&self) -> Vec<Signal> {
        self.briefed.signals.iter().cloned().map(Signal::from).collect()
    }

    /// The same as a page to print, in the language of the request, at a signed link. It shows what you may see when it is
    /// opened. Null for API clients.
    async fn page(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "For how long the link is good, 1–10,080 minutes (a week).", default = 60)] valid_minutes: i32,
    ) -> Result<Option<BriefingPage>> {
        if !(1..=MOST_MINUTES).contains(&valid_minutes) {
            return Err(Error::bad_input(
                format!("validMinutes is 1 to {MOST_MINUTES}."),
                format!("validMinutes は1〜{MOST_MINUTES}で指定してください。"),
            ));
        }
        let sealed = link::seal(cx(gql), self.handover, valid_minutes)?;
        Ok(sealed.map(|(url, expires_at)| BriefingPage { url, expires_at }))
    }
}

/// The briefing of a handover; null when its account may not be seen. The body of `Handover.briefing`.
pub async fn of_handover(gql: &Context<'_>, handover: Uuid, account: Uuid) -> Result<Option<Briefing>> {
    let briefed = loaders(gql).load_one(BriefingOn(account)).await?;
    Ok(briefed.map(|briefed| Briefing { handover, briefed }))
}
