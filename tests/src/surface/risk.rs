//! Risk, and the signals that raise it.

use domain::policy::Action as A;
use serde_json::json;

use super::Call::{Mutation as M, Query as Q};
use super::Who::May;
use super::{Row, row};

/// One row a root field.
pub fn rows() -> Vec<Row> {
    vec![
        row(
            "signal",
            May(A::SignalRead),
            Q(|ids| format!("(id: \"{}\") {{ note }}", ids.get("sig"))),
        ),
        row(
            "signals",
            May(A::SignalRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id }} totalCount }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "signalRecord",
            May(A::SignalRecord),
            M(|ids| {
                json!({ "accountId": ids.get("acct"), "kind": "COMPETITOR",
            "occurredOn": "2026-01-07", "note": "x" })
            }),
        ),
        row(
            "signalUpdate",
            May(A::SignalRecord),
            M(|ids| json!({ "id": ids.get("sig"), "version": 1, "note": "Stolen" })),
        ),
        row(
            "signalConfirm",
            May(A::SignalConfirm),
            M(|ids| json!({ "id": ids.get("sig"), "version": 1 })),
        ),
        row(
            "signalSettle",
            May(A::SignalRecord),
            M(|ids| json!({ "id": ids.get("sig"), "version": 1, "resolvedOn": "2026-02-01" })),
        ),
        row("riskSummary", May(A::AssessmentRead), Q(|_| " { __typename }".into())),
        row(
            "riskModel",
            May(A::AssessmentRead),
            Q(|_| " { rung why coefficients { kind logOdds } }".into()),
        ),
        row(
            "calibrationReport",
            May(A::AssessmentRead),
            Q(|_| " { caseCount reason cuts { accountCount } }".into()),
        ),
        row(
            "assessmentSimulate",
            May(A::AssessmentRead),
            Q(|ids| {
                let (account, signal, member) = (ids.get("acct"), ids.get("sig"), ids.get("mem"));
                format!(
                    r#"(accountId: "{account}", suppose: {{ successorId: "{member}", settledSignalIds: ["{signal}"] }}) {{ asOf before {{ id probability }} after {{ probability }} changes {{ kind before after }} }}"#
                )
            }),
        ),
        row(
            "assessments",
            May(A::AssessmentRead),
            Q(|ids| format!("(accountId: \"{}\") {{ nodes {{ band }} }}", ids.get("acct"))),
        ),
    ]
}
