//! What raises or lowers risk, and what was believed about it.

use crate::table::{Table, tenant_owned};

pub fn tables() -> Vec<Table> {
    vec![
        tenant_owned("signal")
            .uuid("id")
            .uuid("account_id")
            .text("kind")
            .text_or_null("cause")
            .flag("controllable")
            .day("occurred_on")
            .text("note")
            .uuid_or_null("recorded_by_id")
            .instant("recorded_at")
            .day_or_null("resolved_on")
            .instant_or_null("settled_at")
            .uuid_or_null("settled_by_id")
            .uuid_or_null("contact_id")
            .uuid_or_null("activity_id")
            .int("version")
            .instant("created_at")
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .refers("recorded_by_id", "member")
            .refers("settled_by_id", "member")
            .refers("contact_id", "contact")
            .refers("activity_id", "activity")
            .index(&["tenant_id", "account_id", "occurred_on", "id"])
            .index(&["tenant_id", "occurred_on", "id"]),
        tenant_owned("assessment")
            .uuid("id")
            .uuid("account_id")
            .instant("as_of")
            .instant("recorded_at")
            .double_or_null("probability")
            .text("band")
            .text_or_null("unknown_reason")
            .small("horizon_days")
            .int("expected_value_minor")
            .int_or_null("revenue_at_risk_minor")
            .text("currency")
            .text("model_version")
            .text("rule_version")
            .json("factors")
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .index(&["tenant_id", "account_id", "recorded_at", "id"]),
    ]
}
