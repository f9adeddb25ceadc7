//! The one error of the service layer.
//!
//! What a caller can mend travels as [`UserError`]s inside the payload of a mutation; everything else is one of the
//! seven top-level codes. The cause of an internal error is kept for the log and never shown.

use std::sync::Arc;

use domain::lang::{Lang, Text};
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

/// What went wrong, as the service layer sees it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The caller can mend it: shown in `userErrors` of the payload.
    #[error("user errors: {0:?}")]
    User(Vec<UserError>),
    /// No valid session or token.
    #[error("unauthenticated: {0:?}")]
    Unauthenticated(Text),
    /// Signed in and visible, but not allowed.
    #[error("forbidden")]
    Forbidden,
    /// An API client sent a document that was not published for it, and may not.
    #[error("document not published")]
    DocumentNotPublished,
    /// A document was named that is not known. The client sends its text with its hash, and it is known from then on.
    #[error("persisted query not found")]
    PersistedQueryNotFound,
    /// Too many attempts; try again after so many seconds.
    #[error("rate limited for {retry_after_seconds} s")]
    RateLimited {
        /// Whole seconds until the next attempt may succeed.
        retry_after_seconds: u64,
    },
    /// The request itself is malformed.
    #[error("bad input: {0:?}")]
    BadInput(Text),
    /// The service cannot do this now: the database is away, full or too busy. Trying again later may work.
    #[error("unavailable: {0}")]
    Unavailable(Arc<dyn std::error::Error + Send + Sync>),
    /// Stops a change whose idempotency key is taken. It never reaches a caller: he gets the answer that was kept.
    #[error("repeated")]
    Repeated,
    /// Ours. The source is logged with the request id and never shown.
    #[error("internal: {0}")]
    Internal(Arc<dyn std::error::Error + Send + Sync>),
}

/// The result of every service function.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The stable code of a top-level error (`extensions.code`).
    pub fn code(&self) -> &'static str {
        match self {
            Self::User(_) | Self::BadInput(_) => "BAD_USER_INPUT",
            Self::Unauthenticated(_) => "UNAUTHENTICATED",
            Self::Forbidden | Self::DocumentNotPublished => "FORBIDDEN",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Repeated | Self::Internal(_) => "INTERNAL",
        }
    }

    /// The text a client may see, in its language.
    pub fn public_text(&self, lang: Lang) -> String {
        let text = match self {
            Self::User(errors) => match errors.first() {
                Some(first) => first.message.clone(),
                None => Text::fixed("The input was refused.", "入力を受け付けられません。"),
            },
            Self::Unauthenticated(text) | Self::BadInput(text) => text.clone(),
            Self::Forbidden => Text::fixed("You are not allowed to do this.", "この操作を行う権限がありません。"),
            Self::DocumentNotPublished => Text::fixed(
                "This API client may send only documents that were published for it.",
                "このAPIクライアントが送信できるのは、公開済みのドキュメントだけです。",
            ),
            // Clients compare the text, so it is the same in every language.
            Self::PersistedQueryNotFound => Text::fixed("PersistedQueryNotFound", "PersistedQueryNotFound"),
            Self::RateLimited { retry_after_seconds } => Text::new(
                format!("Too many attempts. Try again in {retry_after_seconds} seconds."),
                format!("試行回数が多すぎます。{retry_after_seconds}秒後にもう一度お試しください。"),
            ),
            Self::Unavailable(_) => Text::fixed(
                "The service cannot do this at the moment. Try again shortly.",
                "現在この操作を実行できません。しばらくしてからもう一度お試しください。",
            ),
            Self::Repeated | Self::Internal(_) => Text::fixed(
                "Something went wrong on our side. Quote the request id when you report it.",
                "サーバー側で問題が発生しました。お問い合わせの際はリクエストIDをお知らせください。",
            ),
        };
        text.get(lang).to_owned()
    }

    /// An internal error from any cause.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(source.into()))
    }

    /// After how many seconds another try may succeed, when that is all that is wrong.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Self::RateLimited { retry_after_seconds } => Some(*retry_after_seconds),
            Self::Unavailable(_) => Some(RETRY_AFTER_SECONDS),
            _ => None,
        }
    }

    /// It says nothing about the caller or what he asked: ours, or the database's.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Internal(_) | Self::Unavailable(_))
    }

    /// Malformed input outside the payload's reach.
    pub fn bad_input(
        en: impl Into<std::borrow::Cow<'static, str>>,
        ja: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        Self::BadInput(Text::new(en, ja))
    }

    /// One mendable error.
    pub fn user(field: &[&str], code: UserErrorCode, message: Text) -> Self {
        Self::User(vec![UserError::new(field, code, message)])
    }

    /// The thing named by `field` does not exist, or may not be seen: the two answer alike.
    pub fn not_found(field: &[&str]) -> Self {
        Self::user(
            field,
            UserErrorCode::NotFound,
            Text::fixed("There is nothing with this id.", "このIDの対象は見つかりません。"),
        )
    }

    /// What a caller can mend, where there is no payload to say it in: nothing for what does not exist, a BAD_USER_INPUT with
    /// the first of the messages for the rest.
    pub fn in_query(errors: Vec<UserError>) -> Result<()> {
        match errors.into_iter().find(|error| error.code != UserErrorCode::NotFound) {
            Some(error) => Err(Self::BadInput(error.message)),
            None => Ok(()),
        }
    }

    /// True when the database refused a duplicate.
    pub fn is_unique_violation(error: &DbErr) -> bool {
        matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        if is_unavailable(&error) {
            Self::Unavailable(Arc::new(error))
        } else if is_out_of_range(&error) {
            Self::bad_input(
                "A text has the character U+0000, or a time is thousands of years away.",
                "文字列にU+0000が含まれているか、日時が範囲外です。",
            )
        } else {
            Self::internal(error)
        }
    }
}

/// When the database cannot be used, callers are told to wait so long.
const RETRY_AFTER_SECONDS: u64 = 5;

/// Whether the database is away, full or too busy, rather than asked something wrong.
fn is_unavailable(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return true;
    }
    match driver_error(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed) => {
            true
        }
        Some(sqlx::Error::Database(cause)) => cause.code().is_some_and(|code| says_unavailable(&code)),
        _ => false,
    }
}

/// Whether PostgreSQL cannot hold a value that its types here can: U+0000 in a text or in JSON (SQLSTATE 22021, 22P05), a
/// time before 4713 BC (22008). SQLite takes them.
fn is_out_of_range(error: &DbErr) -> bool {
    match driver_error(error) {
        Some(sqlx::Error::Database(cause)) => cause
            .code()
            .is_some_and(|code| matches!(code.as_ref(), "22021" | "22P05" | "22008")),
        _ => false,
    }
}

fn driver_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => Some(cause.as_ref()),
        _ => None,
    }
}

/// By the code of PostgreSQL (SQLSTATE: five characters) or of SQLite (a number, whose low byte is the primary code).
fn says_unavailable(code: &str) -> bool {
    if code.len() == 5 {
        // No resources, the operator intervened, no connection, two that waited for each other, read-only after a failover.
        return ["53", "57P0", "08", "40"].iter().any(|class| code.starts_with(class)) || code == "25006";
    }
    // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN.
    let primary = code.parse::<u32>().map(|code| code & 0xff);
    primary.is_ok_and(|code| matches!(code, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_tell_what_passes_by_itself() {
        for code in [
            "53100", "53300", "57P01", "57P03", "08006", "25006", "40P01", "40001", "13", "5", "10", "522", "778",
        ] {
            assert!(says_unavailable(code), "{code}");
        }
        for code in ["23505", "42601", "57014", "1", "19", "2067", "", "x"] {
            assert!(!says_unavailable(code), "{code}");
        }
    }
}

/// A problem that the caller can mend, as shown in `userErrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// Path of the input field, outermost first; empty when it concerns the whole input.
    pub field: Vec<String>,
    /// Stable code.
    pub code: UserErrorCode,
    /// Text in both languages.
    pub message: Text,
}

impl UserError {
    /// Makes one.
    pub fn new(field: &[&str], code: UserErrorCode, message: Text) -> Self {
        Self {
            field: field.iter().map(|part| (*part).to_owned()).collect(),
            code,
            message,
        }
    }
}

/// What kind of problem it is. Codes never change; messages may.
#[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserErrorCode {
    /// There is nothing with this id, or it may not be seen.
    NotFound,
    /// Somebody else changed it first, or its state does not allow this now.
    Conflict,
    /// The value is not acceptable.
    Invalid,
    /// A value is missing.
    Required,
    /// The value is already used by another.
    Taken,
    /// The value is longer or larger than allowed.
    TooLarge,
    /// The credentials are wrong, used up or expired.
    Rejected,
    /// A proof or condition for this step is still missing.
    Incomplete,
}
