//! Who asks.

use domain::lang::Text;
use domain::policy::{self, Action, DocumentMode, Grant, Role, Scope, Visibility};
use uuid::Uuid;

use crate::error::Error;

/// Who asks. Made anew for every request from the token and the database; the token's own word about roles is not
/// believed.
#[derive(Clone, Debug, PartialEq)]
pub enum Actor {
    /// No token, or one that is not valid (then why).
    Anonymous {
        /// Why the token that came was refused.
        refused: Option<Text>,
    },
    /// A person who signed in and has not chosen a tenant.
    User {
        /// The person.
        user: Uuid,
        /// The session.
        session: Uuid,
    },
    /// A person in a tenant.
    Member {
        /// The person.
        user: Uuid,
        /// The session.
        session: Uuid,
        /// The membership.
        member: Uuid,
        /// Its role, as the database has it now.
        role: Role,
    },
    /// A partner's integration.
    Client {
        /// The API client.
        client: Uuid,
        /// Its scopes, as the database has them now.
        scopes: Vec<Scope>,
        /// Whether it may send documents that were not published for it, as the database has it now.
        documents: DocumentMode,
    },
    /// A job or a command of the operator.
    System,
}

impl Actor {
    /// How far this actor may go with an action.
    pub fn grant(&self, visibility: Visibility, action: Action) -> Grant {
        match self {
            Self::Anonymous { .. } | Self::User { .. } => Grant::Never,
            Self::Member { role, .. } => policy::read_grant(*role, visibility, action),
            Self::Client { scopes, .. } => match policy::scope_for(action) {
                Some(needed) if scopes.iter().any(|scope| scope.includes(needed)) => Grant::All,
                _ => Grant::Never,
            },
            Self::System => Grant::All,
        }
    }

    /// Whose accounts he sees may depend on who is below him.
    pub fn has_circle(&self) -> bool {
        matches!(self, Self::Member { role, .. } if policy::leads(*role))
    }

    /// Why the token that came was refused, when one was.
    pub fn refused(&self) -> Option<&Text> {
        match self {
            Self::Anonymous { refused } => refused.as_ref(),
            _ => None,
        }
    }

    /// The membership, when a person in a tenant asks.
    pub fn member(&self) -> Option<Uuid> {
        match self {
            Self::Member { member, .. } => Some(*member),
            _ => None,
        }
    }

    /// The person and session, when a person asks.
    pub fn user_session(&self) -> Result<(Uuid, Uuid), Error> {
        match self {
            Self::User { user, session } | Self::Member { user, session, .. } => Ok((*user, *session)),
            Self::Client { .. } | Self::System => Err(Error::Forbidden),
            Self::Anonymous { .. } => Err(self.refusal()),
        }
    }

    /// As the event log names the actor.
    pub fn kind_and_id(&self) -> (&'static str, Option<Uuid>) {
        match self {
            Self::Anonymous { .. } => ("ANONYMOUS", None),
            Self::User { user, .. } => ("USER", Some(*user)),
            Self::Member { member, .. } => ("MEMBER", Some(*member)),
            Self::Client { client, .. } => ("CLIENT", Some(*client)),
            Self::System => ("SYSTEM", None),
        }
    }

    /// Why an actor without a tenant is refused where one is needed.
    pub fn refusal(&self) -> Error {
        Error::Unauthenticated(match self {
            Self::Anonymous { refused: Some(why) } => why.clone(),
            Self::User { .. } => Text::fixed(
                "Choose a company first: sessionSwitch with one of your memberships.",
                "先に会社を選択してください（sessionSwitch）。",
            ),
            _ => Text::fixed(
                "Sign in first: sessionCreate gives an access token for the Authorization header.",
                "先にサインインしてください（sessionCreate）。",
            ),
        })
    }
}
