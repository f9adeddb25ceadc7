//! Who may do what: one table of role × action, one of action × scope, and the rule of visibility.
//!
//! Nothing else decides a permission. The caller asks for the [`Grant`] (how far over the accounts
//! a permission reaches) and compares it with how he is related to the account in hand.

use crate::names::text_enum;

text_enum! {
    /// What a member is in his tenant.
    pub enum Role {
        /// Runs the tenant: everything, everywhere in it.
        Admin = "ADMIN",
        /// Leads a team: writes on the accounts of his subtree of the team tree.
        Manager = "MANAGER",
        /// Looks after accounts: writes on those he owns, is on the team of or will take over.
        Rep = "REP",
        /// Sees every account and never writes.
        Observer = "OBSERVER",
    }
}

text_enum! {
    /// Who sees which accounts of a tenant; chosen by the tenant.
    pub enum Visibility {
        /// All members see all accounts.
        Everyone = "EVERYONE",
        /// A manager sees his subtree's accounts, a rep those he is related to.
        Team = "TEAM",
    }
}

text_enum! {
    /// What an API client was allowed to do when it was made.
    pub enum Scope {
        /// Read accounts and their teams.
        AccountsRead = "accounts:read",
        /// Create, change, archive and merge accounts.
        AccountsWrite = "accounts:write",
        /// Read contacts.
        ContactsRead = "contacts:read",
        /// Create, change and archive contacts.
        ContactsWrite = "contacts:write",
        /// Read activities and follow-ups.
        ActivitiesRead = "activities:read",
        /// Record and change activities and follow-ups.
        ActivitiesWrite = "activities:write",
        /// Read orders and products.
        OrdersRead = "orders:read",
        /// Create, change and archive orders and products.
        OrdersWrite = "orders:write",
        /// Read handovers, their steps and their continuity.
        HandoversRead = "handovers:read",
        /// Plan, complete and cancel handovers.
        HandoversWrite = "handovers:write",
        /// Read assessments, signals and losses.
        RiskRead = "risk:read",
        /// Record and settle signals; record losses and win-backs.
        RiskWrite = "risk:write",
        /// Read the event log without gaps.
        EventsRead = "events:read",
        /// Read import runs and their problems.
        ImportsRead = "imports:read",
        /// Upload files and run imports.
        ImportsWrite = "imports:write",
        /// Read members and the team tree.
        MembersRead = "members:read",
    }
}

text_enum! {
    /// Whether an API client may send other documents than those that were published for it.
    pub enum DocumentMode {
        /// It may.
        Off = "OFF",
        /// It may, and each one is noted in the server's log.
        Log = "LOG",
        /// It may not.
        Enforce = "ENFORCE",
    }
}

text_enum! {
    /// One thing that is authorised.
    pub enum Action {
        /// See an account, its team and its ownership spans.
        AccountRead = "ACCOUNT_READ",
        /// Make a new account; its maker owns it unless another is named.
        AccountCreate = "ACCOUNT_CREATE",
        /// Change an account's fields.
        AccountChange = "ACCOUNT_CHANGE",
        /// Give an account to another owner without a handover.
        AccountAssign = "ACCOUNT_ASSIGN",
        /// Archive an account or bring it back.
        AccountArchive = "ACCOUNT_ARCHIVE",
        /// Merge two accounts; both must be in reach.
        AccountMerge = "ACCOUNT_MERGE",
        /// Put a member on an account's team or take him off.
        AccountTeamChange = "ACCOUNT_TEAM_CHANGE",
        /// See an account's contacts.
        ContactRead = "CONTACT_READ",
        /// Create, change or archive a contact.
        ContactChange = "CONTACT_CHANGE",
        /// See an account's activities.
        ActivityRead = "ACTIVITY_READ",
        /// Record, change or archive an activity.
        ActivityRecord = "ACTIVITY_RECORD",
        /// See an account's follow-ups.
        FollowUpRead = "FOLLOW_UP_READ",
        /// Make, change, complete or cancel a follow-up.
        FollowUpChange = "FOLLOW_UP_CHANGE",
        /// See the products.
        ProductRead = "PRODUCT_READ",
        /// Create, change or archive a product.
        ProductChange = "PRODUCT_CHANGE",
        /// See an account's orders.
        OrderRead = "ORDER_READ",
        /// Create, change or archive an order.
        OrderChange = "ORDER_CHANGE",
        /// See the signals of an account.
        SignalRead = "SIGNAL_READ",
        /// Record or settle a signal.
        SignalRecord = "SIGNAL_RECORD",
        /// Confirm a signal that somebody else recorded.
        SignalConfirm = "SIGNAL_CONFIRM",
        /// See an account's churn risk.
        AssessmentRead = "ASSESSMENT_READ",
        /// See the losses of an account: why it went, what was learned.
        LossRead = "LOSS_READ",
        /// Record that an account was lost, correct it, or say that it came back.
        LossRecord = "LOSS_RECORD",
        /// See a handover, its steps and its continuity.
        HandoverRead = "HANDOVER_READ",
        /// Plan a handover of an account.
        HandoverPlan = "HANDOVER_PLAN",
        /// Complete a handover whose continuity reaches the threshold.
        HandoverComplete = "HANDOVER_COMPLETE",
        /// Complete a handover below the threshold, with a reason.
        HandoverOverride = "HANDOVER_OVERRIDE",
        /// Call a handover off before ownership switches.
        HandoverCancel = "HANDOVER_CANCEL",
        /// Declare a handover failed, with a reason.
        HandoverFail = "HANDOVER_FAIL",
        /// See the departures of members and what was opened for them.
        DepartureRead = "DEPARTURE_READ",
        /// Plan the departure of a member, look at its effect, or undo it.
        DeparturePlan = "DEPARTURE_PLAN",
        /// Read the event log, as far as the grant reaches; see [`reads_whole_log`].
        EventRead = "EVENT_READ",
        /// See import runs and their problems.
        ImportRead = "IMPORT_READ",
        /// Upload a file and import it.
        ImportRun = "IMPORT_RUN",
        /// See members and the team tree.
        MemberRead = "MEMBER_READ",
        /// Invite a person, or revoke an invitation.
        MemberInvite = "MEMBER_INVITE",
        /// Change a member's role, manager or details.
        MemberChange = "MEMBER_CHANGE",
        /// End a membership.
        MemberRemove = "MEMBER_REMOVE",
        /// See open invitations.
        InvitationRead = "INVITATION_READ",
        /// See the tenant's settings.
        TenantRead = "TENANT_READ",
        /// Change the tenant's settings.
        TenantChange = "TENANT_CHANGE",
        /// See API clients (never their secrets).
        ApiClientRead = "API_CLIENT_READ",
        /// Make, change or revoke an API client, and say which documents it may send.
        ApiClientChange = "API_CLIENT_CHANGE",
    }
}

text_enum! {
    /// How far a permission reaches over the accounts; each variant includes the ones before it.
    ///
    /// An action that is not about one account has only `Never` or `All`.
    pub enum Grant {
        /// Nowhere.
        Never = "NEVER",
        /// On accounts where the member is owner, on the team or the planned successor.
        Related = "RELATED",
        /// On accounts where he or anybody below him in the team tree is.
        Subtree = "SUBTREE",
        /// On every account of the tenant.
        All = "ALL",
    }
}

/// How far `role` reaches with `action` when the tenant's accounts are visible to everyone.
///
/// This is the one table. For what may be seen use [`read_grant`], which also minds the tenant's
/// visibility; for what may be changed this is the answer whatever the visibility.
#[must_use]
pub const fn grant(role: Role, action: Action) -> Grant {
    use Action as A;
    // The columns of a row, in the order of the roles.
    let [admin, manager, rep, observer] = match action {
        A::AccountRead
        | A::ContactRead
        | A::ActivityRead
        | A::FollowUpRead
        | A::OrderRead
        | A::SignalRead
        | A::AssessmentRead
        | A::LossRead
        | A::HandoverRead
        | A::EventRead
        | A::ProductRead
        | A::MemberRead
        | A::TenantRead => [Grant::All, Grant::All, Grant::All, Grant::All],

        A::AccountCreate => [Grant::All, Grant::All, Grant::All, Grant::Never],

        A::AccountChange
        | A::AccountArchive
        | A::AccountTeamChange
        | A::ContactChange
        | A::ActivityRecord
        | A::FollowUpChange
        | A::OrderChange
        | A::SignalRecord
        | A::SignalConfirm
        | A::LossRecord
        | A::HandoverPlan
        | A::HandoverComplete
        | A::HandoverCancel => [Grant::All, Grant::Subtree, Grant::Related, Grant::Never],

        A::AccountAssign
        | A::AccountMerge
        | A::HandoverOverride
        | A::HandoverFail
        | A::DepartureRead
        | A::DeparturePlan => [Grant::All, Grant::Subtree, Grant::Never, Grant::Never],

        A::ProductChange => [Grant::All, Grant::All, Grant::Never, Grant::Never],

        A::ImportRead
        | A::ImportRun
        | A::MemberInvite
        | A::MemberChange
        | A::MemberRemove
        | A::InvitationRead
        | A::TenantChange
        | A::ApiClientRead
        | A::ApiClientChange => [Grant::All, Grant::Never, Grant::Never, Grant::Never],
    };
    match role {
        Role::Admin => admin,
        Role::Manager => manager,
        Role::Rep => rep,
        Role::Observer => observer,
    }
}

/// How far `role` sees with the reading `action` under the tenant's `visibility`.
///
/// For an action that is not a reading about accounts it is the same as [`grant`].
#[must_use]
pub fn read_grant(role: Role, visibility: Visibility, action: Action) -> Grant {
    let widest = grant(role, action);
    if !reads_account(action) {
        return widest;
    }
    let seen = match (visibility, role) {
        (Visibility::Everyone, _) | (Visibility::Team, Role::Admin | Role::Observer) => Grant::All,
        (Visibility::Team, Role::Manager) => Grant::Subtree,
        (Visibility::Team, Role::Rep) => Grant::Related,
    };
    widest.min(seen)
}

/// Whether the action reads what belongs to an account, so that visibility narrows it.
#[must_use]
pub const fn reads_account(action: Action) -> bool {
    matches!(
        action,
        Action::AccountRead
            | Action::ContactRead
            | Action::ActivityRead
            | Action::FollowUpRead
            | Action::OrderRead
            | Action::SignalRead
            | Action::AssessmentRead
            | Action::LossRead
            | Action::HandoverRead
            | Action::EventRead
    )
}

/// Whether how far the role reaches can depend on who is below the member in the team tree: whether anything is granted to it on a
/// [`Grant::Subtree`].
#[must_use]
pub const fn leads(role: Role) -> bool {
    matches!(role, Role::Manager)
}

/// Whether the role reads every row of the event log, also those that are about no account
/// (members, invitations, settings); the others read it filtered to the accounts they see.
#[must_use]
pub const fn reads_whole_log(role: Role) -> bool {
    matches!(role, Role::Admin)
}

/// The scope an API client needs for the action, everywhere in its tenant; `None`: no API client
/// may, because the action is a person's judgement or governs who may come in.
#[must_use]
pub const fn scope_for(action: Action) -> Option<Scope> {
    use Action as A;
    match action {
        A::AccountRead => Some(Scope::AccountsRead),
        A::AccountCreate
        | A::AccountChange
        | A::AccountAssign
        | A::AccountArchive
        | A::AccountMerge
        | A::AccountTeamChange => Some(Scope::AccountsWrite),
        A::ContactRead => Some(Scope::ContactsRead),
        A::ContactChange => Some(Scope::ContactsWrite),
        A::ActivityRead | A::FollowUpRead => Some(Scope::ActivitiesRead),
        A::ActivityRecord | A::FollowUpChange => Some(Scope::ActivitiesWrite),
        A::ProductRead | A::OrderRead => Some(Scope::OrdersRead),
        A::ProductChange | A::OrderChange => Some(Scope::OrdersWrite),
        A::SignalRead | A::AssessmentRead | A::LossRead => Some(Scope::RiskRead),
        A::SignalRecord | A::LossRecord => Some(Scope::RiskWrite),
        A::HandoverRead => Some(Scope::HandoversRead),
        A::HandoverPlan | A::HandoverComplete | A::HandoverCancel => Some(Scope::HandoversWrite),
        A::EventRead => Some(Scope::EventsRead),
        A::ImportRead => Some(Scope::ImportsRead),
        A::ImportRun => Some(Scope::ImportsWrite),
        A::MemberRead => Some(Scope::MembersRead),
        A::SignalConfirm
        | A::HandoverOverride
        | A::HandoverFail
        | A::DepartureRead
        | A::DeparturePlan
        | A::MemberInvite
        | A::MemberChange
        | A::MemberRemove
        | A::InvitationRead
        | A::TenantRead
        | A::TenantChange
        | A::ApiClientRead
        | A::ApiClientChange => None,
    }
}

impl Scope {
    /// Whether a client with this scope may do what asks for `needed`: to write includes to read.
    #[must_use]
    pub fn includes(self, needed: Self) -> bool {
        let domain = |scope: Self| scope.as_str().split_once(':').map(|(domain, _)| domain);
        self == needed
            || (self.as_str().ends_with(":write")
                && needed.as_str().ends_with(":read")
                && domain(self) == domain(needed))
    }
}

#[cfg(test)]
mod tests;
