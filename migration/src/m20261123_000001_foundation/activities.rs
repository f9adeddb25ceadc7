//! Touches that happened.

use crate::table::{Table, tenant_owned};

pub fn tables() -> Vec<Table> {
    vec![
        tenant_owned("activity")
            .uuid("id")
            .uuid("account_id")
            .text("kind")
            .uuid("member_id")
            .text("started_by")
            .flag("two_way")
            .instant("occurred_at")
            .instant("recorded_at")
            .text("summary")
            .text_or_null("next_step")
            .text_or_null("external_id")
            .instant_or_null("archived_at")
            .int("version")
            .instant("created_at")
            .key(&["tenant_id", "id"])
            .one_of("started_by", &["US", "CONTACT"])
            .refers("account_id", "account")
            .refers("member_id", "member")
            .unique(&["tenant_id", "external_id"])
            .index(&["tenant_id", "account_id", "occurred_at", "id"])
            .index(&["tenant_id", "occurred_at", "id"]),
        tenant_owned("activity_contact")
            .uuid("activity_id")
            .uuid("contact_id")
            .key(&["tenant_id", "activity_id", "contact_id"])
            .refers("activity_id", "activity")
            .refers("contact_id", "contact")
            .index(&["tenant_id", "contact_id"]),
        tenant_owned("activity_member")
            .uuid("activity_id")
            .uuid("member_id")
            .key(&["tenant_id", "activity_id", "member_id"])
            .refers("activity_id", "activity")
            .refers("member_id", "member")
            .index(&["tenant_id", "member_id"]),
    ]
}
