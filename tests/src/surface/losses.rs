//! Losses, win-backs, and what it costs to win accounts.

use domain::policy::Action as A;
use serde_json::json;

use super::Call::{Mutation as M, Query as Q};
use super::Who::May;
use super::{Row, row};

/// One row a root field.
pub fn rows() -> Vec<Row> {
    vec![
        row(
            "loss",
            May(A::LossRead),
            Q(|ids| format!("(id: \"{}\") {{ learned }}", ids.get("loss"))),
        ),
        row(
            "losses",
            May(A::LossRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id causes {{ cause }} }} totalCount }}",
                    ids.get("acct2")
                )
            }),
        ),
        row(
            "lossReport",
            May(A::AssessmentRead),
            Q(|_| "(to: \"2026-06-30\") { lossCount causes { cause } channels { channel } }".into()),
        ),
        row(
            "lossRecord",
            May(A::LossRecord),
            M(|ids| {
                json!({ "accountId": ids.get("acct"), "lostOn": "2026-01-10", "learned": "Too dear",
            "causes": [{ "cause": "COMPETITOR", "percent": 100 }] })
            }),
        ),
        row(
            "lossUpdate",
            May(A::LossRecord),
            M(|ids| json!({ "id": ids.get("loss"), "version": 1, "learned": "Stolen" })),
        ),
        row(
            "lossWinBack",
            May(A::LossRecord),
            M(
                |ids| json!({ "id": ids.get("loss"), "version": 1, "wonBackOn": "2026-01-20", "orderId": ids.get("ord") }),
            ),
        ),
        row(
            "lossArchive",
            May(A::LossRecord),
            M(|ids| json!({ "id": ids.get("loss"), "version": 1 })),
        ),
        row(
            "acquisitionCostSet",
            May(A::TenantChange),
            M(|_| json!({ "channel": "Fair", "amount": { "amount": "-1", "currencyCode": "JPY" } })),
        ),
    ]
}
