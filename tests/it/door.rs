//! The door: whatever a service builds, it reaches its own tenant's rows and no others.

use api::platform::Ctx;
use entity::account;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use tests::{TestApp, on_both};
use uuid::Uuid;

async fn contexts(app: &TestApp) -> (Ctx, Ctx) {
    (app.a.system(&app.app).await, app.b.system(&app.app).await)
}

async fn account_of(app: &TestApp, ctx: &Ctx) -> Uuid {
    let _ = app;
    let db = ctx.read().await.unwrap();
    let rows = db.all(account::Entity::find()).await.unwrap();
    assert_eq!(rows.len(), 1);
    rows[0].id
}

on_both! {
    async fn a_foreign_id_is_nothing(app) {
        let (a, b) = contexts(&app).await;
        let of_a = account_of(&app, &a).await;
        let db = b.read().await.unwrap();
        let found = db.one(account::Entity::find().filter(account::Column::Id.eq(of_a))).await.unwrap();
        assert_eq!(found, None);
        drop(db);
        b.end_read().await.unwrap();
        a.end_read().await.unwrap();
    }

    async fn an_or_does_not_widen_the_scope(app) {
        let (a, b) = contexts(&app).await;
        let of_b = account_of(&app, &b).await;
        let of_a = account_of(&app, &a).await;
        let db = b.read().await.unwrap();
        let wide = Condition::any()
            .add(account::Column::Id.eq(of_a))
            .add(account::Column::TenantId.is_not_null());
        let found = db.all(account::Entity::find().filter(wide)).await.unwrap();
        let ids: Vec<Uuid> = found.iter().map(|row| row.id).collect();
        assert_eq!(ids, [of_b]);
        assert_eq!(db.count(account::Entity::find()).await.unwrap(), 1);
        drop(db);
        b.end_read().await.unwrap();
        a.end_read().await.unwrap();
    }

    async fn a_foreign_update_and_delete_touch_nothing(app) {
        let (a, b) = contexts(&app).await;
        let of_a = account_of(&app, &a).await;
        a.end_read().await.unwrap();
        let tx = b.write().await.unwrap();
        let renamed = account::ActiveModel { name: Set("stolen".into()), ..Default::default() };
        assert_eq!(tx.update(renamed, account::Column::Id.eq(of_a)).await.unwrap(), 0);
        let gone = tx
            .delete(entity::account_gram::Entity::delete_many().filter(entity::account_gram::Column::AccountId.eq(of_a)))
            .await
            .unwrap();
        assert_eq!(gone, 0);
        tx.commit().await.unwrap();
        let db = a.read().await.unwrap();
        let row = db.one(account::Entity::find()).await.unwrap().unwrap();
        assert_ne!(row.name, "stolen");
        assert!(db.count(entity::account_gram::Entity::find()).await.unwrap() > 0);
        drop(db);
        a.end_read().await.unwrap();
    }

    async fn a_forged_tenant_is_overwritten(app) {
        let (a, b) = contexts(&app).await;
        let of_b = account_of(&app, &b).await;
        b.end_read().await.unwrap();
        let product = Uuid::now_v7();
        let tx = b.write().await.unwrap();
        tx.insert(entity::product::ActiveModel {
            tenant_id: Set(app.a.id),
            id: Set(product),
            code: Set("P-1".into()),
            name: Set("Pump".into()),
            name_kana: Set(None),
            sort_key: Set("pump".into()),
            category: Set(None),
            archived_at: Set(None),
            version: Set(1),
            created_at: Set(b.now),
            updated_at: Set(b.now),
        })
        .await
        .unwrap();
        let moved = account::ActiveModel { tenant_id: Set(app.a.id), note: Set(Some("x".into())), ..Default::default() };
        assert_eq!(tx.update(moved, account::Column::Id.eq(of_b)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let (db_a, db_b) = (a.read().await.unwrap(), b.read().await.unwrap());
        assert_eq!(db_a.count(entity::product::Entity::find()).await.unwrap(), 0);
        assert_eq!(db_b.count(entity::product::Entity::find()).await.unwrap(), 1);
        assert_eq!(db_b.one(account::Entity::find()).await.unwrap().unwrap().note.as_deref(), Some("x"));
        drop((db_a, db_b));
        a.end_read().await.unwrap();
        b.end_read().await.unwrap();
    }
}
