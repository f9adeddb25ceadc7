//! Reading and changing the template.

use domain::handover::{Template, TemplateStep};
use domain::lang::Text;
use domain::policy::Action;
use entity::handover_template;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Set};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::events::NewEvent;
use crate::platform::graphql::input::{Checks, NAME_CHARS};
use crate::platform::tenancy::TenantDb;

/// The template that holds.
#[derive(Clone, Debug)]
pub struct Current {
    /// What it says.
    pub template: Template,
    /// It is the built-in one.
    pub is_default: bool,
    /// Counts the changes; 0 when there was none.
    pub version: i64,
}

/// A step as the database keeps it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    kind: String,
    title: Option<String>,
    after_days: Option<u16>,
}

/// The template from which handovers are planned. For the rules of other slices, which have authorised what they do.
pub async fn template_of(db: &TenantDb) -> Result<Template> {
    Ok(current(db).await?.template)
}

/// The template that holds at the caller's company.
pub async fn template_find(ctx: &Ctx) -> Result<Current> {
    ctx.authorize(Action::HandoverRead)?;
    let db = ctx.read().await?;
    current(&db).await
}

async fn current(db: &TenantDb) -> Result<Current> {
    let Some(row) = db.one(handover_template::Entity::find()).await? else {
        return Ok(Current {
            template: Template::default(),
            is_default: true,
            version: 0,
        });
    };
    let stored: Vec<Stored> = serde_json::from_value(row.steps).map_err(Error::internal)?;
    let is_default = stored.is_empty();
    let template = if is_default {
        Template::default()
    } else {
        let steps = stored.into_iter().map(|step| {
            Ok(TemplateStep {
                kind: step.kind.parse().map_err(Error::internal)?,
                title: step.title,
                after_days: step.after_days,
            })
        });
        Template {
            notice_days: u16::try_from(row.notice_days).map_err(Error::internal)?,
            steps: steps.collect::<Result<_>>()?,
        }
    };
    Ok(Current {
        template,
        is_default,
        version: row.version,
    })
}

/// Sets the company's own template, or goes back to the built-in one. Handovers that are planned already keep their steps.
pub async fn template_set(ctx: &Ctx, version: i64, template: Option<Template>) -> Result<Current> {
    ctx.authorize(Action::TenantChange)?;
    let template = template.map(checked).transpose()?;
    let tx = ctx.write().await?;
    let old = current(&tx).await?;
    if old.version != version {
        return Err(changed_meanwhile());
    }
    let steps = template.iter().flat_map(|template| &template.steps).map(|step| Stored {
        kind: step.kind.as_str().to_owned(),
        title: step.title.clone(),
        after_days: step.after_days,
    });
    let steps = serde_json::to_value(steps.collect::<Vec<_>>()).map_err(Error::internal)?;
    let notice_days = template
        .as_ref()
        .map_or_else(|| Template::default().notice_days, |own| own.notice_days);
    let row = handover_template::ActiveModel {
        tenant_id: Set(tx.tenant()),
        notice_days: Set(i16::try_from(notice_days).map_err(Error::internal)?),
        steps: Set(steps),
        version: Set(version + 1),
        changed_by_id: Set(ctx.actor.member()),
        changed_at: Set(ctx.now),
    };
    if version == 0 {
        match tx.insert(row).await {
            // Somebody else set one between the look and the insert.
            Err(error) if Error::is_unique_violation(&error) => return Err(changed_meanwhile()),
            inserted => inserted?,
        }
    } else {
        let expected = Condition::all().add(handover_template::Column::Version.eq(version));
        if tx.update(row, expected).await? == 0 {
            return Err(changed_meanwhile());
        }
    }
    tx.emit(
        NewEvent::new("handover_template.changed", "tnt", tx.tenant())
            .with(json!({ "version": version + 1, "isDefault": template.is_none() })),
    );
    tx.commit().await?;
    template_find(ctx).await
}

/// Steps with words of a fitting length, that a handover can be planned from.
fn checked(mut template: Template) -> Result<Template> {
    for (place, step) in template.steps.iter_mut().enumerate() {
        let mut checks = Checks::default();
        step.title = checks.optional("title", step.title.take(), NAME_CHARS);
        checks.done().map_err(|error| at(error, place))?;
    }
    match template.check() {
        Ok(()) => Ok(template),
        Err(problem) => {
            let error = |path: &[&str]| Error::user(path, UserErrorCode::Invalid, problem.text());
            Err(match problem.step() {
                Some(place) => error(&["template", "steps", &place.to_string()]),
                None if matches!(problem, domain::handover::TemplateProblem::Notice) => {
                    error(&["template", "noticeDays"])
                }
                None => error(&["template", "steps"]),
            })
        }
    }
}

/// The error, of the step at this place.
fn at(error: Error, place: usize) -> Error {
    let Error::User(mut errors) = error else { return error };
    for error in &mut errors {
        let within = std::mem::take(&mut error.field);
        let path = ["template".to_owned(), "steps".to_owned(), place.to_string()];
        error.field = path.into_iter().chain(within).collect();
    }
    Error::User(errors)
}

fn changed_meanwhile() -> Error {
    Error::user(
        &["version"],
        UserErrorCode::Conflict,
        Text::fixed(
            "The template has changed: read it again and repeat your change.",
            "テンプレートが変更されています。読み直してからやり直してください。",
        ),
    )
}
