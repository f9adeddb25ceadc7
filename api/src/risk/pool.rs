//! What a company's model teaches others, and what it learns from them: only among companies that agreed to both.

use domain::risk::{BuyingModel, Lesson, Starting};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fit::Fit;
use super::moment::Moment;
use crate::error::{Error, Result};
use crate::platform::Ctx;
use crate::platform::tenancy::GlobalDb;
use crate::tenants;

/// A lesson as it is kept. One that this version cannot read is as good as none.
#[derive(Serialize, Deserialize)]
struct Kept {
    rhythm: [f64; 4],
    weights: Option<[f64; 4]>,
}

/// What the model of a tenant starts from, and whether the tenant teaches. A day of the past starts from what was published: what others
/// have taught since was not known then.
pub async fn starting(db: &GlobalDb<'_>, tenant: uuid::Uuid, moment: &Moment) -> Result<(Starting, bool)> {
    if moment.known_by.is_some() {
        return Ok((Starting::published(), false));
    }
    let Some(lessons) = tenants::service::lessons_for(db, tenant).await? else {
        return Ok((Starting::published(), false));
    };
    let lessons: Vec<Lesson> = lessons.into_iter().filter_map(read).collect();
    Ok((Starting::pooled(&lessons), true))
}

/// Keeps what the model of the night may teach, where the tenant agreed to it.
pub async fn teach(ctx: &Ctx, fit: &Fit) -> Result<()> {
    if !fit.teaches {
        return Ok(());
    }
    let lesson = written(&fit.model)?;
    tenants::service::lesson_keep(ctx, lesson).await
}

fn read(kept: Value) -> Option<Lesson> {
    let Kept { rhythm, weights } = serde_json::from_value(kept).ok()?;
    Some(Lesson { rhythm, weights })
}

fn written(model: &BuyingModel) -> Result<Option<Value>> {
    let kept = model
        .lesson()
        .map(|Lesson { rhythm, weights }| Kept { rhythm, weights });
    kept.map(serde_json::to_value).transpose().map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lesson_is_read_as_it_was_written() {
        let lesson = Lesson {
            rhythm: [0.1, 2.3, -2.7, 0.8],
            weights: Some([0.4, -0.6, -0.1, -0.3]),
        };
        let Lesson { rhythm, weights } = lesson;
        assert_eq!(
            read(serde_json::to_value(Kept { rhythm, weights }).unwrap()),
            Some(lesson)
        );
        assert_eq!(read(serde_json::json!({ "rhythm": "?" })), None);
        assert_eq!(written(&BuyingModel::learn(90, &[], &[])).unwrap(), None);
    }
}
