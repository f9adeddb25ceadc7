//! Files, imports, and the log of what happened.

use crate::table::{Table, tenant_owned};

pub fn tables() -> Vec<Table> {
    vec![
        tenant_owned("upload")
            .uuid("id")
            .text("file_name")
            .bytes("bytes")
            .bytes("sha256")
            .int("size")
            .uuid_or_null("created_by_id")
            .instant("created_at")
            .key(&["tenant_id", "id"])
            .refers("created_by_id", "member"),
        tenant_owned("import_run")
            .uuid("id")
            .text("kind")
            .text("file_name")
            .uuid_or_null("upload_id")
            .bytes("sha256")
            .json("options")
            .flag("dry_run")
            .text("status")
            .int("total_rows")
            .int("done_rows")
            .int("created_rows")
            .int("updated_rows")
            .int("unchanged_rows")
            .json("problems")
            .uuid_or_null("started_by_id")
            .instant("created_at")
            .instant("updated_at")
            .instant_or_null("finished_at")
            .key(&["tenant_id", "id"])
            .refers("upload_id", "upload")
            .refers("started_by_id", "member")
            .index(&["tenant_id", "created_at", "id"]),
        tenant_owned("event")
            .int("seq")
            .uuid("id")
            .text("type")
            .text("subject_kind")
            .uuid("subject_id")
            .uuid_or_null("account_id")
            .text("actor_kind")
            .uuid_or_null("actor_id")
            .json("payload")
            .instant("occurred_at")
            .key(&["tenant_id", "seq"])
            .unique(&["tenant_id", "id"])
            .index(&["tenant_id", "account_id", "seq"])
            .index(&["tenant_id", "subject_id", "seq"]),
    ]
}
