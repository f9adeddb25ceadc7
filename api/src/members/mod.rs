//! Members: the people of a tenant, their roles, and the team tree; and the invitations that make them.
//!
//! * A member's manager makes the tree; it has no circles.
//! * A tenant always has an active ADMIN.
//! * A member who owns accounts, or is about to take one over, cannot be removed: they are handed over first. His row
//!   stays, because what he did names it.
//! * An OBSERVER never writes, so he cannot own accounts ([`member_require_owner`]).

mod changes;
mod circle;
pub mod invitation_schema;
mod invitations;
pub mod loaders;
mod queries;
mod removal;
pub mod schema;
pub mod service;

use async_graphql::MergedObject;

pub use circle::{circle, circle_now, circle_of};
pub use invitation_schema::Invitation;
pub use loaders::InvitationById;
pub use schema::{Member, Role};
pub use service::{member_require_active, member_require_owner};

use crate::platform::graphql::{Gid, IdKind};

/// Reading members and invitations.
#[derive(MergedObject, Default)]
pub struct MemberQuery(schema::MemberReads, invitation_schema::InvitationReads);

/// Changing members and invitations.
#[derive(MergedObject, Default)]
pub struct MemberMutation(schema::MemberChangesRoot, invitation_schema::InvitationChangesRoot);

/// Names members.
pub struct MemberKind;

impl IdKind for MemberKind {
    const PREFIX: &'static str = "mem";
    const NOUN: &'static str = "a member";
}

/// The id of a member.
pub type MemberId = Gid<MemberKind>;

/// Names invitations.
pub struct InvitationKind;

impl IdKind for InvitationKind {
    const PREFIX: &'static str = "inv";
    const NOUN: &'static str = "an invitation";
}

/// The id of an invitation.
pub type InvitationId = Gid<InvitationKind>;
