//! People: one row for each, known by an e-mail address.

use domain::lang::Text;
use entity::user;
use sea_orm::{DbErr, Set};
use uuid::Uuid;

use super::{passwords, queries};
use crate::error::{Error, Result, UserErrorCode};
use crate::platform::Ctx;
use crate::platform::auth::{check_email, fold_email};
use crate::platform::graphql::input::{Checks, NAME_CHARS};
use crate::platform::tenancy::GlobalDb;

/// What a person is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Family name as written.
    pub family: String,
    /// Given name as written.
    pub given: String,
    /// Reading of the family name in kana.
    pub family_kana: Option<String>,
    /// Reading of the given name in kana.
    pub given_kana: Option<String>,
}

impl Names {
    /// Trimmed and checked; problems are named after the input fields `familyName`, `givenName`, `familyKana` and
    /// `givenKana`.
    #[must_use]
    pub fn checked(self, checks: &mut Checks) -> Self {
        Self {
            family: checks.text("familyName", self.family, NAME_CHARS),
            given: checks.text("givenName", self.given, NAME_CHARS),
            family_kana: checks.optional("familyKana", self.family_kana, NAME_CHARS),
            given_kana: checks.optional("givenKana", self.given_kana, NAME_CHARS),
        }
    }
}

impl From<&user::Model> for Names {
    fn from(person: &user::Model) -> Self {
        Self {
            family: person.family_name.clone(),
            given: person.given_name.clone(),
            family_kana: person.family_kana.clone(),
            given_kana: person.given_kana.clone(),
        }
    }
}

/// A person who is not known yet.
#[derive(Clone)]
pub struct PersonDraft {
    /// E-mail address as written.
    pub email: String,
    /// The password he wants.
    pub password: String,
    /// What he is called.
    pub names: Names,
}

/// Checks the draft and hashes its password. Done before any transaction, because hashing is slow.
pub async fn person_prepare(ctx: &Ctx, draft: PersonDraft) -> Result<user::Model> {
    let mut checks = Checks::default();
    let email = check_email(&mut checks, "email", &draft.email);
    let names = draft.names.checked(&mut checks);
    checks.done()?;
    passwords::require_strong(ctx, &draft.password, &email, &names, "password").await?;
    Ok(user::Model {
        id: Uuid::now_v7(),
        email,
        password_hash: Some(ctx.app.passwords.hash(draft.password).await?),
        family_name: names.family,
        given_name: names.given,
        family_kana: names.family_kana,
        given_kana: names.given_kana,
        created_at: ctx.now,
    })
}

/// Writes a prepared person, inside the caller's transaction; `TAKEN` at `email` when the address is known.
pub async fn person_insert(db: &GlobalDb<'_>, person: &user::Model) -> Result<()> {
    let user::Model {
        id,
        email,
        password_hash,
        family_name,
        given_name,
        family_kana,
        given_kana,
        created_at,
    } = person.clone();
    db.insert(user::ActiveModel {
        id: Set(id),
        email: Set(email),
        password_hash: Set(password_hash),
        family_name: Set(family_name),
        given_name: Set(given_name),
        family_kana: Set(family_kana),
        given_kana: Set(given_kana),
        created_at: Set(created_at),
    })
    .await
    .map_err(known)
}

fn known(error: DbErr) -> Error {
    if Error::is_unique_violation(&error) {
        return Error::user(
            &["email"],
            UserErrorCode::Taken,
            Text::fixed(
                "This e-mail address has a user already: sign in first.",
                "このメールアドレスは登録済みです。先にサインインしてください。",
            ),
        );
    }
    error.into()
}

/// The person with this e-mail address, however it is spelt.
pub async fn person_by_email(ctx: &Ctx, email: &str) -> Result<Option<user::Model>> {
    Ok(queries::user_by_email(&ctx.global().await?, &fold_email(email)).await?)
}

/// The person of this id.
pub async fn person_find(ctx: &Ctx, id: Uuid) -> Result<Option<user::Model>> {
    Ok(queries::user(&ctx.global().await?, id).await?)
}

/// The person with this e-mail address, if the password is his. Slowed like signing in, because it is one.
pub async fn person_verify(ctx: &Ctx, email: &str, password: String) -> Result<Option<user::Model>> {
    let email = fold_email(email);
    ctx.app.throttle.attempt(&email, ctx.request.ip.as_deref())?;
    let person = queries::user_by_email(&ctx.global().await?, &email).await?;
    let stored = person.as_ref().and_then(|person| person.password_hash.clone());
    let right = ctx.app.passwords.verify(password, stored).await?;
    Ok(person.filter(|_| right))
}

/// The same error, about fields of the input object that `field` holds.
pub fn within(field: &str, error: Error) -> Error {
    let Error::User(mut errors) = error else { return error };
    for error in &mut errors {
        error.field.insert(0, field.to_owned());
    }
    Error::User(errors)
}
