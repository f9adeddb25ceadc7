//! Accounts passing from one member to the next.

use crate::table::{Table, tenant_owned};

pub fn tables() -> Vec<Table> {
    vec![
        tenant_owned("handover")
            .uuid("id")
            .uuid("account_id")
            .uuid("from_member_id")
            .uuid("to_member_id")
            .text("status")
            .text("reason")
            .text_or_null("note")
            .day("last_day")
            .instant("planned_at")
            .instant_or_null("switched_at")
            .instant_or_null("ended_at")
            .text_or_null("end_reason")
            .flag("overridden")
            .flag("no_time")
            .instant_or_null("stalled_since")
            .uuid_or_null("planned_by_id")
            .int("version")
            .instant("created_at")
            .one_of(
                "status",
                &["PLANNED", "INTRODUCING", "BONDING", "COMPLETED", "FAILED", "CANCELLED"],
            )
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .refers("from_member_id", "member")
            .refers("to_member_id", "member")
            .refers("planned_by_id", "member")
            .index(&["tenant_id", "account_id"])
            .index(&["tenant_id", "planned_at", "id"])
            .index(&["tenant_id", "to_member_id"])
            .index(&["tenant_id", "from_member_id"])
            // One open handover an account.
            .unique_where(
                &["tenant_id", "account_id"],
                "status IN ('PLANNED', 'INTRODUCING', 'BONDING')",
            ),
        tenant_owned("handover_step")
            .uuid("id")
            .uuid("handover_id")
            .text("kind")
            .uuid_or_null("contact_id")
            .day("due_on")
            .text_or_null("dropped_reason")
            .uuid_or_null("fulfilled_by_id")
            .instant_or_null("fulfilled_at")
            .small("position")
            .key(&["tenant_id", "id"])
            .refers("handover_id", "handover")
            .refers("contact_id", "contact")
            .refers("fulfilled_by_id", "activity")
            .index(&["tenant_id", "handover_id", "position"]),
    ]
}
