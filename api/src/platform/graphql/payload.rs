//! Payloads of mutations: what was made or changed, and what the caller can mend.

use async_graphql::{Context, Object};

use super::cx;
use crate::error::{UserError, UserErrorCode};

/// A [`UserError`] as the schema shows it, in the language of the request.
#[derive(Clone, Debug)]
pub struct UserErrorView(pub UserError);

/// A problem that the caller can mend.
#[Object(name = "UserError")]
impl UserErrorView {
    /// Path of the input field, outermost first; empty when it concerns the whole input.
    async fn field(&self) -> &[String] {
        &self.0.field
    }

    /// Explanation in the language of the request's Accept-Language (English or Japanese).
    async fn message(&self, gql: &Context<'_>) -> String {
        self.0.message.get(cx(gql).request.lang).to_owned()
    }

    /// Stable code.
    async fn code(&self) -> UserErrorCode {
        self.0.code
    }
}

/// Declares the payload of a mutation: nullable results and `userErrors`.
///
/// With one result, `Payload::of(Result<T>)`; with several, `Payload::of(Result<Payload>)`.
macro_rules! payload {
    ($(#[$doc:meta])* $name:ident { $(#[$field_doc:meta])* $field:ident: $ty:ty $(,)? }) => {
        $crate::platform::graphql::payload!(@object $(#[$doc])* $name { $(#[$field_doc])* $field: $ty });
        impl $name {
            /// The result, or what the caller can mend; anything else stays an error.
            pub fn of(result: $crate::error::Result<$ty>) -> $crate::error::Result<Self> {
                match result {
                    Ok(value) => Ok(Self { $field: Some(value), user_errors: Vec::new() }),
                    Err($crate::error::Error::User(errors)) => Ok(Self {
                        $field: None,
                        user_errors: errors.into_iter().map($crate::platform::graphql::UserErrorView).collect(),
                    }),
                    Err(error) => Err(error),
                }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),+ $(,)? }) => {
        $crate::platform::graphql::payload!(@object $(#[$doc])* $name { $($(#[$field_doc])* $field: $ty),+ });
        impl $name {
            /// The results, or what the caller can mend; anything else stays an error.
            pub fn of(result: $crate::error::Result<Self>) -> $crate::error::Result<Self> {
                match result {
                    Err($crate::error::Error::User(errors)) => Ok(Self {
                        $($field: None,)+
                        user_errors: errors.into_iter().map($crate::platform::graphql::UserErrorView).collect(),
                    }),
                    other => other,
                }
            }
        }
    };
    (@object $(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),+ }) => {
        $(#[$doc])*
        #[derive(async_graphql::SimpleObject)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Option<$ty>,)+
            /// What the caller can mend; empty when it worked.
            pub user_errors: Vec<$crate::platform::graphql::UserErrorView>,
        }
    };
}
pub(crate) use payload;
