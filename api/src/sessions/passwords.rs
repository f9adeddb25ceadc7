//! Choosing a password.

use entity::{password_reset, session, user};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, Set};
use uuid::Uuid;

use domain::lang::Text;

use super::people::{Names, person_verify};
use super::queries;
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::tenancy::GlobalDb;

/// Refuses a password at `field` that somebody who knows the person would guess.
pub async fn require_strong(ctx: &Ctx, password: &str, email: &str, names: &Names, field: &str) -> Result<()> {
    let mut hints = vec![email.to_owned(), names.family.clone(), names.given.clone()];
    hints.extend([&names.family_kana, &names.given_kana].into_iter().flatten().cloned());
    match ctx.app.passwords.judge(password.to_owned(), hints).await? {
        Ok(()) => Ok(()),
        Err(weak) => Err(Error::user(&[field], UserErrorCode::Invalid, weak.reason)),
    }
}

/// Changes the caller's password and ends his other sessions.
pub async fn password_change(ctx: &Ctx, current: String, new: String) -> Result<user::Model> {
    let (user, session) = ctx.actor.user_session()?;
    let person = queries::user(&ctx.global().await?, user)
        .await?
        .ok_or(Error::Forbidden)?;
    let Some(person) = person_verify(ctx, &person.email, current).await? else {
        return Err(Error::user(
            &["currentPassword"],
            UserErrorCode::Rejected,
            Text::fixed("This is not your password.", "現在のパスワードが違います。"),
        ));
    };
    require_strong(ctx, &new, &person.email, &Names::from(&person), "newPassword").await?;
    let hash = ctx.app.passwords.hash(new).await?;
    let tx = queries::begin(ctx).await?;
    if !replace(&tx.db(), &person, hash).await? {
        return Err(Error::user(
            &["currentPassword"],
            UserErrorCode::Conflict,
            Text::fixed(
                "The password was changed in the meantime.",
                "パスワードは別の操作で変更されました。",
            ),
        ));
    }
    let others = Condition::all()
        .add(session::Column::UserId.eq(user))
        .add(session::Column::Id.ne(session));
    queries::end_sessions(&tx.db(), others, ctx.now).await?;
    void_resets(ctx, &tx.db(), user).await?;
    tx.commit().await?;
    Ok(person)
}

/// Sets another hash where the one that was read still stands; false when it does not.
pub async fn replace(db: &GlobalDb<'_>, person: &user::Model, hash: String) -> Result<bool> {
    let model = user::ActiveModel {
        password_hash: Set(Some(hash)),
        ..Default::default()
    };
    let unchanged = match &person.password_hash {
        Some(old) => user::Column::PasswordHash.eq(old.as_str()),
        None => user::Column::PasswordHash.is_null(),
    };
    let update = user::Entity::update_many()
        .set(model)
        .filter(user::Column::Id.eq(person.id))
        .filter(unchanged);
    Ok(db.update(update).await? == 1)
}

/// A new password makes the links to reset the old one worthless.
pub async fn void_resets(ctx: &Ctx, db: &GlobalDb<'_>, user: Uuid) -> Result<()> {
    let of_user = Condition::all().add(password_reset::Column::UserId.eq(user));
    queries::use_resets(db, of_user, ctx.now).await?;
    Ok(())
}
