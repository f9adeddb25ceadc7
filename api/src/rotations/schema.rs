//! The rotation calendar over the API.

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use domain::lang::{Lang, Text};
use domain::policy::Action;
use domain::rotation::Tenures;

use super::service::{self, Asked, Expected};
use crate::accounts::AccountId;
use crate::contacts::Contact;
use crate::error::{Error, Result};
use crate::platform::graphql::{Date, cost, cx, list_size};

/// Most windows shown at once.
const MOST: i32 = 100;

/// When buyers may be moved on.
#[derive(SimpleObject)]
pub struct RotationCalendar {
    /// The windows, those that open first first.
    #[graphql(directive = list_size::apply(100))]
    pub windows: Vec<RotationWindow>,
    /// How long people stay in a post: what the windows rest on.
    pub tenure: TenureStatistics,
}

/// How long people at clients stay in a post.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct TenureStatistics {
    /// A quarter of them stay no longer, in days.
    pub lower_quartile_days: i32,
    /// Half of them stay no longer, in days.
    pub median_days: i32,
    /// Three quarters of them stay no longer, in days.
    pub upper_quartile_days: i32,
    /// How many posts of your own contacts that ended it rests on; 0 for the prior.
    pub count: i32,
    /// True while fewer than 30 posts of your own have ended: then it is a judgement of three to five years.
    pub is_prior: bool,
}

#[ComplexObject]
impl TenureStatistics {
    /// What it rests on, in the language of the request.
    async fn source(&self, gql: &Context<'_>) -> String {
        let text = if self.is_prior {
            Text::fixed(
                "A judgement of three to five years, until 30 posts of your own contacts have ended.",
                "自社の離任実績が30件に達するまでの目安（3〜5年）です。",
            )
        } else {
            Text::new(
                format!("From {} posts of your own contacts that ended.", self.count),
                format!("自社の連絡先の離任実績{}件に基づきます。", self.count),
            )
        };
        text.get(cx(gql).request.lang).to_owned()
    }
}

impl From<Tenures> for TenureStatistics {
    fn from(tenures: Tenures) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "some years at most")]
        let days = |days: f64| days.round().clamp(0.0, 1e6) as i32;
        Self {
            lower_quartile_days: days(tenures.lower_quartile),
            median_days: days(tenures.median),
            upper_quartile_days: days(tenures.upper_quartile),
            count: i32::try_from(tenures.count).unwrap_or(i32::MAX),
            is_prior: tenures.is_prior(),
        }
    }
}

/// Days on which a buyer may be moved on.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct RotationWindow {
    /// Who may go.
    pub contact: Contact,
    /// First day.
    pub opens_on: Date,
    /// Last day.
    pub closes_on: Date,
    /// Probability that he goes within the window, given that he is still there; 0–1.
    pub confidence: f64,
    /// True when he has stayed longer than three quarters of people do.
    pub is_overdue: bool,
    #[graphql(skip)]
    started_on: Option<chrono::NaiveDate>,
    #[graphql(skip)]
    months: &'static [u32],
}

#[ComplexObject]
impl RotationWindow {
    /// Why then, in the language of the request.
    async fn reason(&self, gql: &Context<'_>) -> String {
        let since = self.started_on.map(|day| day.to_string()).unwrap_or_default();
        let months = self.months.iter().map(u32::to_string).collect::<Vec<_>>();
        match cx(gql).request.lang {
            Lang::En => {
                let mut text = format!("In his post since {since}");
                text.push_str(if self.is_overdue {
                    ", longer than most stay."
                } else {
                    "; most leave within the window."
                });
                if !months.is_empty() {
                    text.push_str(&format!(" His company moves people in month {}.", months.join(" and ")));
                }
                text
            }
            Lang::Ja => {
                let mut text = format!("{since}に着任");
                text.push_str(if self.is_overdue {
                    "し、通常の在任期間を超えています。"
                } else {
                    "。多くの方がこの期間に異動します。"
                });
                if !months.is_empty() {
                    text.push_str(&format!("先方の異動時期は{}月です。", months.join("月・")));
                }
                text
            }
        }
    }
}

impl From<Expected> for RotationWindow {
    fn from(expected: Expected) -> Self {
        let Expected {
            contact,
            window,
            value: _,
            months,
        } = expected;
        Self {
            started_on: contact.started_on,
            contact: contact.into(),
            opens_on: Date(window.opens_on),
            closes_on: Date(window.closes_on),
            confidence: window.confidence,
            is_overdue: window.is_overdue,
            months,
        }
    }
}

/// Reading the rotation calendar.
#[derive(Default)]
pub struct RotationQuery;

#[Object]
impl RotationQuery {
    /// When buyers may be moved on: from the day each took his post, how long people stay, and the months in which clients
    /// move them (in Japan April and October). Of contacts whose `startedOn` is known; of more than 5,000, those longest
    /// there.
    #[graphql(directive = cost::apply("20".to_owned()))]
    async fn rotation_windows(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Windows that are open on this day or later.")] from: Date,
        #[graphql(desc = "Windows that are open on this day or earlier.")] to: Date,
        #[graphql(desc = "Only at this account.")] account_id: Option<AccountId>,
        #[graphql(desc = "Only of key contacts.", default = true)] key_only: bool,
        #[graphql(desc = "How many windows, 1–100.", default = 100)] first: i32,
    ) -> Result<Option<RotationCalendar>> {
        let most = match usize::try_from(first) {
            Ok(most) if (1..=MOST).contains(&first) => most,
            _ => {
                return Err(Error::bad_input(
                    format!("first is 1 to {MOST}."),
                    format!("first は1〜{MOST}で指定してください。"),
                ));
            }
        };
        let asked = Asked {
            from: from.0,
            to: to.0,
            action: Action::ContactRead,
            as_of: cx(gql).today()?,
            account: account_id.map(Into::into),
            key_only,
            most,
        };
        let (tenures, expected) = service::rotation_calendar(cx(gql), &asked).await?;
        Ok(Some(RotationCalendar {
            windows: expected.into_iter().map(RotationWindow::from).collect(),
            tenure: tenures.into(),
        }))
    }
}
