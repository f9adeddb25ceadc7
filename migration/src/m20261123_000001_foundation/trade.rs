//! What is sold and bought.

use crate::table::{Table, tenant_owned};

pub fn tables() -> Vec<Table> {
    vec![
        tenant_owned("product")
            .uuid("id")
            .text("code")
            .text("name")
            .text_or_null("name_kana")
            .sorted_text("sort_key")
            .text_or_null("category")
            .instant_or_null("archived_at")
            .int("version")
            .instant("created_at")
            .instant("updated_at")
            .key(&["tenant_id", "id"])
            .unique(&["tenant_id", "code"])
            .index(&["tenant_id", "sort_key", "id"]),
        tenant_owned("sales_order")
            .uuid("id")
            .uuid("account_id")
            .text_or_null("external_id")
            .instant("ordered_at")
            .instant("recorded_at")
            .int("amount_minor")
            .text("currency")
            .int("tenant_amount_minor")
            .text("tenant_currency")
            .text("rate")
            .day_or_null("delivered_on")
            .text_or_null("note")
            .instant_or_null("archived_at")
            .int("version")
            .instant("created_at")
            .instant("updated_at")
            .key(&["tenant_id", "id"])
            .refers("account_id", "account")
            .unique(&["tenant_id", "external_id"])
            .index(&["tenant_id", "account_id", "ordered_at", "id"])
            .index(&["tenant_id", "ordered_at", "id"]),
        tenant_owned("order_line")
            .uuid("id")
            .uuid("order_id")
            .uuid("product_id")
            .int("quantity")
            .small("position")
            .key(&["tenant_id", "id"])
            .refers("order_id", "sales_order")
            .refers("product_id", "product")
            .index(&["tenant_id", "order_id", "position"])
            .index(&["tenant_id", "product_id"]),
    ]
}
