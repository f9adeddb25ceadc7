//! The table of everything that can be asked: who may, and how it is called with ids. The coverage test compares it
//! with the built schema; the isolation and policy tests run every row.

mod handovers;
mod losses;
mod risk;

use domain::policy::Action;
use serde_json::{Value, json};

use crate::company::Ids;

/// Who may call a root field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody, signed in or not.
    Anybody,
    /// Anybody but a partner's integration.
    AnybodyButClients,
    /// A person who is signed in, in a company or not.
    Person,
    /// Those whom the policy lets do this.
    May(Action),
}

/// A root field and how it is called.
pub struct Row {
    pub field: &'static str,
    pub who: Who,
    pub call: Call,
}

/// How it is called with the ids of somebody's things.
pub enum Call {
    /// Arguments and selection of a query.
    Query(fn(&Ids) -> String),
    /// The same of a subscription.
    Subscription(fn(&Ids) -> String),
    /// Input of a mutation; its input type is the field's name with `Input`, unless another is named.
    Mutation(fn(&Ids) -> Value),
    Named(&'static str, fn(&Ids) -> Value),
}

impl Row {
    /// The operation and its variables.
    pub fn operation(&self, ids: &Ids) -> (String, Value) {
        let mutation = |input_type: String, input: Value| {
            let query = format!(
                "mutation($input: {input_type}!) {{ {}(input: $input) {{ __typename userErrors {{ field code message }} }} }}",
                self.field
            );
            (query, json!({ "input": input }))
        };
        match self.call {
            Call::Query(text) => (format!("{{ {}{} }}", self.field, text(ids)), json!({})),
            Call::Subscription(text) => (format!("subscription {{ {}{} }}", self.field, text(ids)), json!({})),
            Call::Mutation(input) => {
                let (head, tail) = self.field.split_at(1);
                mutation(format!("{}{tail}Input", head.to_uppercase()), input(ids))
            }
            Call::Named(input_type, input) => mutation(input_type.to_owned(), input(ids)),
        }
    }

    pub fn is_mutation(&self) -> bool {
        !matches!(self.call, Call::Query(_) | Call::Subscription(_))
    }
}

/// Fields below the roots that give a list or a page, and what the caller must be allowed to do.
pub const LISTS: &[(&str, Who)] = &[
    ("Account.activities", Who::May(Action::ActivityRead)),
    ("Account.contacts", Who::May(Action::ContactRead)),
    ("Account.followUps", Who::May(Action::FollowUpRead)),
    ("Account.handovers", Who::May(Action::HandoverRead)),
    ("Account.latestOrders", Who::May(Action::OrderRead)),
    ("Account.losses", Who::May(Action::LossRead)),
    ("Account.ownerships", Who::May(Action::AccountRead)),
    ("Account.team", Who::May(Action::AccountRead)),
    ("Activity.contacts", Who::May(Action::ContactRead)),
    ("Activity.withMembers", Who::May(Action::MemberRead)),
    ("ApiClient.scopes", Who::May(Action::ApiClientRead)),
    ("Assessment.factors", Who::May(Action::AssessmentRead)),
    ("CalibrationReport.cuts", Who::May(Action::AssessmentRead)),
    ("CalibrationReport.deciles", Who::May(Action::AssessmentRead)),
    ("CalibrationReport.gains", Who::May(Action::AssessmentRead)),
    ("AssessmentSimulation.changes", Who::May(Action::AssessmentRead)),
    ("Contact.posts", Who::May(Action::ContactRead)),
    ("Contact.reports", Who::May(Action::ContactRead)),
    ("Briefing.followUps", Who::May(Action::FollowUpRead)),
    ("Briefing.lastTalks", Who::May(Action::ActivityRead)),
    ("Briefing.occasions", Who::May(Action::HandoverRead)),
    ("Briefing.pitfalls", Who::May(Action::SignalRead)),
    ("Briefing.products", Who::May(Action::OrderRead)),
    ("Briefing.promises", Who::May(Action::ActivityRead)),
    ("BuyerContinuity.missing", Who::May(Action::ActivityRead)),
    ("ContactContinuity.metAlone", Who::May(Action::ActivityRead)),
    ("ContactContinuity.missing", Who::May(Action::HandoverRead)),
    ("ContactContinuity.reachedOut", Who::May(Action::ActivityRead)),
    ("Continuity.contacts", Who::May(Action::HandoverRead)),
    ("DecisionPath.levels", Who::May(Action::ContactRead)),
    ("DecisionPath.people", Who::May(Action::ContactRead)),
    ("DecisionPerson.metBy", Who::May(Action::ActivityRead)),
    ("Departure.handovers", Who::May(Action::HandoverRead)),
    ("DeparturePreview.proposals", Who::May(Action::DeparturePlan)),
    ("DepartureProposal.shares", Who::May(Action::DeparturePlan)),
    ("DepartureUndone.kept", Who::May(Action::DeparturePlan)),
    ("Handover.steps", Who::May(Action::HandoverRead)),
    ("HandoverForecast.months", Who::May(Action::HandoverRead)),
    ("HandoverTemplate.steps", Who::May(Action::HandoverRead)),
    ("Import.problems", Who::May(Action::ImportRead)),
    ("Loss.causes", Who::May(Action::LossRead)),
    ("LossReport.causes", Who::May(Action::AssessmentRead)),
    ("LossReport.channels", Who::May(Action::AssessmentRead)),
    ("Member.reports", Who::May(Action::MemberRead)),
    ("Order.lines", Who::May(Action::OrderRead)),
    ("RiskFactor.evidence", Who::May(Action::AssessmentRead)),
    ("RiskModel.coefficients", Who::May(Action::AssessmentRead)),
    ("RiskSummary.bands", Who::May(Action::AssessmentRead)),
    ("RotationCalendar.windows", Who::May(Action::ContactRead)),
    ("SuccessorAdvice.shares", Who::May(Action::HandoverPlan)),
    ("Tenant.acquisitionCosts", Who::May(Action::TenantRead)),
    ("Viewer.memberships", Who::Person),
    ("Viewer.sessions", Who::Person),
];

const fn row(field: &'static str, who: Who, call: Call) -> Row {
    Row { field, who, call }
}

/// One row a root field.
pub fn rows() -> Vec<Row> {
    let mut rows = general();
    rows.extend(handovers::rows());
    rows.extend(losses::rows());
    rows.extend(risk::rows());
    rows
}

fn general() -> Vec<Row> {
    use Action as A;
    use Call::{Mutation as M, Named as N, Query as Q, Subscription as S};
    use Who::{Anybody, AnybodyButClients, May, Person};
    vec![
        row(
            "node",
            May(A::AccountRead),
            Q(|ids| format!("(id: \"{}\") {{ id }}", ids.get("acct"))),
        ),
        row(
            "nodes",
            May(A::AccountRead),
            Q(|ids| format!("(ids: [\"{}\"]) {{ id }}", ids.get("acct"))),
        ),
        // People and their sessions.
        row("viewer", Anybody, Q(|_| " { user { email } }".into())),
        row(
            "sessionCreate",
            Anybody,
            M(|ids| {
                json!({ "email": "nobody@nowhere.example", "password": "no such password here",
            "tenantId": ids.get("tnt") })
            }),
        ),
        row(
            "sessionRefresh",
            Anybody,
            M(|_| json!({ "refreshToken": "never given out" })),
        ),
        row("sessionEnd", Person, M(|ids| json!({ "sessionId": ids.get("sess") }))),
        row("sessionSwitch", Person, M(|ids| json!({ "tenantId": ids.get("tnt") }))),
        row(
            "passwordChange",
            Person,
            M(|_| json!({ "currentPassword": "not the password", "newPassword": "short" })),
        ),
        row(
            "passwordResetRequest",
            Anybody,
            M(|_| json!({ "email": "nobody@nowhere.example" })),
        ),
        row(
            "passwordReset",
            Anybody,
            M(|_| json!({ "token": "never given out", "newPassword": "gently opened paper door" })),
        ),
        // Companies and their members.
        row("tenant", May(A::TenantRead), Q(|_| " { name }".into())),
        row(
            "tenantCreate",
            AnybodyButClients,
            M(|_| json!({ "name": "", "country": "JP", "timeZone": "Asia/Tokyo", "currency": "JPY" })),
        ),
        row(
            "tenantUpdate",
            May(A::TenantChange),
            M(|_| json!({ "version": 99 , "name": "Other"})),
        ),
        row(
            "member",
            May(A::MemberRead),
            Q(|ids| format!("(id: \"{}\") {{ id familyName }}", ids.get("mem"))),
        ),
        row(
            "members",
            May(A::MemberRead),
            Q(|_| "(first: 5) { nodes { role } totalCount }".into()),
        ),
        row(
            "memberUpdate",
            May(A::MemberChange),
            M(|ids| json!({ "id": ids.get("mem"), "version": 1, "role": "OBSERVER" })),
        ),
        row(
            "memberRemove",
            May(A::MemberRemove),
            M(|ids| json!({ "id": ids.get("mem"), "version": 1 })),
        ),
        row(
            "memberInvite",
            May(A::MemberInvite),
            M(|ids| json!({ "email": "x@y.example", "role": "REP", "managerId": ids.get("mem") })),
        ),
        row(
            "invitations",
            May(A::InvitationRead),
            Q(|_| "(first: 5) { nodes { email } }".into()),
        ),
        row(
            "invitationRevoke",
            May(A::MemberInvite),
            M(|ids| json!({ "id": ids.get("inv") })),
        ),
        row(
            "invitationAccept",
            Anybody,
            M(
                |_| json!({ "token": "never given out" , "familyName": "A", "givenName": "B", "password": "gently opened paper door"}),
            ),
        ),
        // Partners.
        row(
            "apiClients",
            May(A::ApiClientRead),
            Q(|_| "(first: 5) { nodes { name } }".into()),
        ),
        row(
            "apiClientCreate",
            May(A::ApiClientChange),
            M(|_| json!({ "name": "", "scopes": [] })),
        ),
        row(
            "apiClientRevoke",
            May(A::ApiClientChange),
            M(|ids| json!({ "id": ids.get("acli") })),
        ),
        row(
            "apiClientUpdate",
            May(A::ApiClientChange),
            M(|ids| json!({ "id": ids.get("acli"), "version": 1, "name": "Stolen", "documentMode": "ENFORCE" })),
        ),
        row(
            "apiClientDocumentsPublish",
            May(A::ApiClientChange),
            M(|ids| json!({ "apiClientId": ids.get("acli"), "manifest": "{\"a\": \"{ __typename }\"}" })),
        ),
        row(
            "apiClientDocumentsDelete",
            May(A::ApiClientChange),
            M(|ids| json!({ "apiClientId": ids.get("acli"), "documentIds": ["a"] })),
        ),
        row(
            "apiClientTokenCreate",
            Anybody,
            M(|ids| json!({ "clientId": ids.get("acli"), "clientSecret": "never given out" })),
        ),
        // Accounts.
        row(
            "account",
            May(A::AccountRead),
            Q(|ids| format!("(id: \"{}\") {{ name }}", ids.get("acct"))),
        ),
        row(
            "accounts",
            May(A::AccountRead),
            Q(|ids| {
                format!(
                    "(filter: {{ ownerId: \"{}\" }}) {{ nodes {{ name }} totalCount }}",
                    ids.get("mem")
                )
            }),
        ),
        row(
            "accountCreate",
            May(A::AccountCreate),
            M(|ids| json!({ "name": "New", "ownerId": ids.get("mem") })),
        ),
        row(
            "accountUpdate",
            May(A::AccountChange),
            M(|ids| json!({ "id": ids.get("acct"), "version": 1, "name": "Stolen" })),
        ),
        row(
            "accountArchive",
            May(A::AccountArchive),
            N(
                "AccountVersionInput",
                |ids| json!({ "id": ids.get("acct"), "version": 1 }),
            ),
        ),
        row(
            "accountRestore",
            May(A::AccountArchive),
            N(
                "AccountVersionInput",
                |ids| json!({ "id": ids.get("acct"), "version": 1 }),
            ),
        ),
        row(
            "accountMerge",
            May(A::AccountMerge),
            M(|ids| {
                json!({ "intoId": ids.get("acct"), "intoVersion": 1,
            "fromId": ids.get("acct2"), "fromVersion": 1 })
            }),
        ),
        row(
            "accountAssign",
            May(A::AccountAssign),
            M(|ids| json!({ "accountId": ids.get("acct"), "version": 1, "memberId": ids.get("mem") })),
        ),
        row(
            "accountTeamAdd",
            May(A::AccountTeamChange),
            N(
                "AccountTeamInput",
                |ids| json!({ "accountId": ids.get("acct"), "memberId": ids.get("mem") }),
            ),
        ),
        row(
            "accountTeamRemove",
            May(A::AccountTeamChange),
            N(
                "AccountTeamInput",
                |ids| json!({ "accountId": ids.get("acct"), "memberId": ids.get("mem") }),
            ),
        ),
        // Contacts.
        row(
            "contact",
            May(A::ContactRead),
            Q(|ids| format!("(id: \"{}\") {{ familyName }}", ids.get("cont"))),
        ),
        row(
            "contacts",
            May(A::ContactRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id }} totalCount }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "contactCreate",
            May(A::ContactChange),
            M(|ids| json!({ "accountId": ids.get("acct"), "familyName": "A", "givenName": "B" })),
        ),
        row(
            "contactUpdate",
            May(A::ContactChange),
            M(|ids| json!({ "id": ids.get("cont"), "version": 1, "familyName": "Stolen" })),
        ),
        row(
            "contactArchive",
            May(A::ContactChange),
            N(
                "ContactVersionInput",
                |ids| json!({ "id": ids.get("cont"), "version": 1 }),
            ),
        ),
        row(
            "contactRestore",
            May(A::ContactChange),
            N(
                "ContactVersionInput",
                |ids| json!({ "id": ids.get("cont"), "version": 1 }),
            ),
        ),
        // Activities.
        row(
            "activity",
            May(A::ActivityRead),
            Q(|ids| format!("(id: \"{}\") {{ summary }}", ids.get("act"))),
        ),
        row(
            "activities",
            May(A::ActivityRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id }} totalCount }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "activityRecord",
            May(A::ActivityRecord),
            M(|ids| {
                json!({ "accountId": ids.get("acct"), "kind": "CALL",
            "occurredAt": "2026-01-05T01:00:00Z", "summary": "Call", "memberId": ids.get("mem") })
            }),
        ),
        row(
            "activityUpdate",
            May(A::ActivityRecord),
            M(|ids| json!({ "id": ids.get("act"), "version": 1, "summary": "Stolen" })),
        ),
        row(
            "activityArchive",
            May(A::ActivityRecord),
            N(
                "ActivityVersionInput",
                |ids| json!({ "id": ids.get("act"), "version": 1 }),
            ),
        ),
        // Products and orders.
        row(
            "product",
            May(A::ProductRead),
            Q(|ids| format!("(id: \"{}\") {{ name }}", ids.get("prod"))),
        ),
        row(
            "products",
            May(A::ProductRead),
            Q(|_| "(first: 5) { nodes { id } totalCount }".into()),
        ),
        row(
            "productCreate",
            May(A::ProductChange),
            M(|_| json!({ "code": "", "name": "" })),
        ),
        row(
            "productUpdate",
            May(A::ProductChange),
            M(|ids| json!({ "id": ids.get("prod"), "version": 1, "name": "Stolen" })),
        ),
        row(
            "productArchive",
            May(A::ProductChange),
            N(
                "ProductVersionInput",
                |ids| json!({ "id": ids.get("prod"), "version": 1 }),
            ),
        ),
        row(
            "productRestore",
            May(A::ProductChange),
            N(
                "ProductVersionInput",
                |ids| json!({ "id": ids.get("prod"), "version": 1 }),
            ),
        ),
        row(
            "order",
            May(A::OrderRead),
            Q(|ids| format!("(id: \"{}\") {{ amount {{ amount }} }}", ids.get("ord"))),
        ),
        row(
            "orders",
            May(A::OrderRead),
            Q(|ids| {
                format!(
                    "(filter: {{ accountId: \"{}\" }}) {{ nodes {{ id }} totalCount }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "orderCreate",
            May(A::OrderChange),
            M(|ids| {
                json!({ "accountId": ids.get("acct"), "placedAt": "2026-01-06T01:00:00Z",
            "amount": { "amount": "5", "currencyCode": "JPY" } })
            }),
        ),
        row(
            "orderUpdate",
            May(A::OrderChange),
            M(|ids| json!({ "id": ids.get("ord"), "version": 1, "note": "Stolen" })),
        ),
        row(
            "orderArchive",
            May(A::OrderChange),
            N("OrderVersionInput", |ids| json!({ "id": ids.get("ord"), "version": 1 })),
        ),
        row(
            "orderRestore",
            May(A::OrderChange),
            N("OrderVersionInput", |ids| json!({ "id": ids.get("ord"), "version": 1 })),
        ),
        // Risk.
        // Handovers.
        // Imports and the log.
        row(
            "import",
            May(A::ImportRead),
            Q(|ids| format!("(id: \"{}\") {{ status }}", ids.get("imp"))),
        ),
        row(
            "imports",
            May(A::ImportRead),
            Q(|_| "(first: 5) { nodes { status } }".into()),
        ),
        row(
            "importStart",
            May(A::ImportRun),
            M(|ids| json!({ "uploadId": ids.get("upl"), "kind": "ORDERS", "dryRun": true })),
        ),
        row("eventSequence", May(A::EventRead), Q(|_| String::new())),
        row(
            "events",
            May(A::EventRead),
            Q(|_| "(first: 5) { nodes { type } }".into()),
        ),
        row(
            "accountChanged",
            May(A::EventRead),
            S(|ids| {
                format!(
                    "(accountIds: [\"{}\"], afterSequence: \"0\") {{ event {{ id accountId }} }}",
                    ids.get("acct")
                )
            }),
        ),
        row(
            "handoverChanged",
            May(A::EventRead),
            S(|ids| {
                format!(
                    "(handoverId: \"{}\", accountId: \"{}\", afterSequence: \"0\") {{ event {{ id subjectId }} }}",
                    ids.get("hand"),
                    ids.get("acct")
                )
            }),
        ),
        row(
            "eventsAdded",
            May(A::EventRead),
            S(|_| "(afterSequence: \"0\") { id type subjectId accountId actorId payload }".into()),
        ),
    ]
}
