//! The template over the API.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use domain::handover::{Template, TemplateStep};

use super::service::{self, Current};
use crate::error::Result;
use crate::handovers::HandoverStepKind;
use crate::platform::graphql::{cx, list_size, payload};

/// Which steps the handovers of a company have, and when. A handover keeps the steps that it was planned with.
#[derive(Clone, SimpleObject)]
pub struct HandoverTemplate {
    /// True when the company has none of its own.
    pub is_default: bool,
    /// How many days before the last one the steps begin, when there is that much time.
    pub notice_days: i32,
    /// Its steps; those until the last day come in this order.
    #[graphql(directive = list_size::apply(20))]
    pub steps: Vec<HandoverTemplateStep>,
    /// Counts the changes, 0 when there was none: a change names the version that it saw.
    pub version: i64,
}

/// A step of a template.
#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub struct HandoverTemplateStep {
    /// What is to be done; INTRODUCTION and SOLO_MEETING are a step for each key contact.
    pub kind: HandoverStepKind,
    /// What the company calls it; null when it has no name of its own.
    pub title: Option<String>,
    /// How many days after the last one: of a check the day from which it is due, of SOLO_MEETING the day by which. Null for
    /// what comes before the last day.
    pub after_days: Option<i32>,
}

#[ComplexObject]
impl HandoverTemplateStep {
    /// What must be on record for it, in the language of the request.
    async fn fulfilled_when(&self, gql: &Context<'_>) -> String {
        let when = domain::handover::StepKind::from(self.kind).fulfilled_when();
        when.get(cx(gql).request.lang).to_owned()
    }
}

impl From<Current> for HandoverTemplate {
    fn from(current: Current) -> Self {
        let Current {
            template,
            is_default,
            version,
        } = current;
        let steps = template.steps.into_iter().map(|step| HandoverTemplateStep {
            kind: step.kind.into(),
            title: step.title,
            after_days: step.after_days.map(i32::from),
        });
        Self {
            is_default,
            notice_days: template.notice_days.into(),
            steps: steps.collect(),
            version,
        }
    }
}

/// A step of a template.
#[derive(InputObject)]
pub struct HandoverTemplateStepInput {
    /// What is to be done. INTRODUCTION and SOLO_MEETING come once: each is a step for every key contact.
    pub kind: HandoverStepKind,
    /// What it is called, at most 200 characters.
    pub title: Option<String>,
    /// How many days after the last one, 1–365; only and always for SOLO_MEETING and checks.
    pub after_days: Option<i32>,
}

/// A template of the company's own.
#[derive(InputObject)]
pub struct HandoverTemplateInput {
    /// How many days before the last one the steps begin, when there is that much time, 1–180.
    pub notice_days: i32,
    /// Its steps, 1–20; those until the last day come in this order, evenly spread over the working days that are left.
    pub steps: Vec<HandoverTemplateStepInput>,
}

/// Numbers that do not fit are none that the rules take either.
fn days(value: i32) -> u16 {
    u16::try_from(value).unwrap_or(0)
}

impl From<HandoverTemplateInput> for Template {
    fn from(input: HandoverTemplateInput) -> Self {
        let steps = input.steps.into_iter().map(|step| TemplateStep {
            kind: step.kind.into(),
            title: step.title,
            after_days: step.after_days.map(days),
        });
        Self {
            notice_days: days(input.notice_days),
            steps: steps.collect(),
        }
    }
}

/// The company's template.
#[derive(InputObject)]
pub struct HandoverTemplateSetInput {
    /// The version that the caller saw.
    pub version: i32,
    /// The template; the built-in one holds again when there is none.
    pub template: Option<HandoverTemplateInput>,
}

/// Reading the template.
#[derive(Default)]
pub struct HandoverTemplateQuery;

#[Object]
impl HandoverTemplateQuery {
    /// The steps that handovers of the caller's company are planned with.
    async fn handover_template(&self, gql: &Context<'_>) -> Result<Option<HandoverTemplate>> {
        Ok(Some(service::template_find(cx(gql)).await?.into()))
    }
}

/// Changing the template.
#[derive(Default)]
pub struct HandoverTemplateMutation;

#[Object]
impl HandoverTemplateMutation {
    /// Sets the steps that handovers are planned with from now on, or goes back to the built-in ones.
    async fn handover_template_set(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The template.")] input: HandoverTemplateSetInput,
    ) -> Result<Option<HandoverTemplateSetPayload>> {
        let result = service::template_set(cx(gql), input.version.into(), input.template.map(Into::into)).await;
        HandoverTemplateSetPayload::of(result.map(HandoverTemplate::from)).map(Some)
    }
}

payload! {
    /// Result of `handoverTemplateSet`.
    HandoverTemplateSetPayload {
        /// The template that holds now.
        template: HandoverTemplate
    }
}
