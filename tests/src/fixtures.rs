//! Rows that tests begin with, made through the services.

use std::sync::Arc;

use api::app::App;
use api::platform::Ctx;
use api::platform::auth::Actor;
use api::platform::ctx::RequestInfo;
use api::sessions::service::{Names, PersonDraft};
use api::tenants::service::{TenantDraft, tenant_create};
use domain::account::Lifecycle;
use domain::lang::Lang;
use domain::policy::Visibility;
use uuid::Uuid;

use crate::app::PASSWORD;
use crate::company::Person;

/// A company with its ADMIN: Japanese, yen.
pub async fn tenant(app: &Arc<App>, name: &str) -> (Uuid, Person) {
    let email = format!("admin@{}.example", name.to_lowercase());
    let draft = TenantDraft {
        name: name.into(),
        country: "JP".into(),
        time_zone: "Asia/Tokyo".into(),
        currency: "JPY".into(),
        language: Lang::En,
        fiscal_year_start_month: 4,
        visibility: Visibility::Everyone,
        sandbox: false,
        admin: Some(PersonDraft {
            email: email.clone(),
            password: PASSWORD.into(),
            names: Names {
                family: name.into(),
                given: "admin".into(),
                family_kana: None,
                given_kana: None,
            },
        }),
    };
    let ctx = Ctx::new(Arc::clone(app), Actor::System, None, RequestInfo::internal());
    let (tenant, member) = tenant_create(&ctx, draft).await.unwrap();
    let admin = Person {
        member: member.id,
        user: member.user_id,
        email,
        role: "ADMIN",
    };
    (tenant.id, admin)
}

/// The hash of everybody's password, made once.
pub async fn password_hash(app: &Arc<App>) -> String {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    HASH.get_or_init(|| async { app.passwords.hash(PASSWORD.into()).await.unwrap() })
        .await
        .clone()
}

/// An account of this owner.
pub async fn account(ctx: &Ctx, name: &str, owner: Uuid) -> Uuid {
    let draft = api::accounts::service::AccountDraft {
        name: name.into(),
        name_kana: None,
        lifecycle: Lifecycle::Customer,
        industry: None,
        segment: None,
        country: None,
        website: None,
        external_id: None,
        owner: Some(owner),
        acquisition_channel: None,
        fiscal_year_end_month: None,
        touch_cadence_days: None,
        note: None,
    };
    let made = api::accounts::service::account_create(ctx, draft).await.unwrap();
    ctx.end_read().await.unwrap();
    made.id
}
