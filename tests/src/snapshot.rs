//! Everything that a company has, as text: to show that a refusal changed nothing.

use sea_orm::EntityTrait;

use crate::TestApp;
use crate::company::Company;

/// Every row of every table of the company, sorted.
pub async fn snapshot(app: &TestApp, company: &Company) -> Vec<String> {
    let ctx = company.system(&app.app).await;
    let db = ctx.read().await.unwrap();
    let mut rows = Vec::new();
    macro_rules! dump {
        ($($module:ident),* $(,)?) => {$(
            for row in db.all(entity::$module::Entity::find()).await.unwrap() {
                rows.push(format!("{} {row:?}", stringify!($module)));
            }
        )*};
    }
    dump!(
        member,
        invitation,
        api_client,
        trusted_document,
        account,
        account_gram,
        account_team,
        acquisition_cost,
        ownership,
        contact,
        activity,
        activity_contact,
        activity_member,
        product,
        order,
        order_line,
        signal,
        assessment,
        handover,
        handover_step,
        follow_up,
        loss,
        loss_cause,
        upload,
        import_run,
        event,
        idempotency_key,
    );
    drop(db);
    ctx.end_read().await.unwrap();
    rows.sort();
    rows
}
