use super::*;

const READS: &[Action] = &[
    Action::AccountRead,
    Action::ContactRead,
    Action::ActivityRead,
    Action::FollowUpRead,
    Action::ProductRead,
    Action::OrderRead,
    Action::SignalRead,
    Action::AssessmentRead,
    Action::LossRead,
    Action::HandoverRead,
    Action::EventRead,
    Action::ImportRead,
    Action::MemberRead,
    Action::InvitationRead,
    Action::TenantRead,
    Action::ApiClientRead,
];

fn is_write(action: Action) -> bool {
    !READS.contains(&action)
}

#[test]
fn an_observer_never_writes() {
    for action in Action::ALL.iter().copied().filter(|a| is_write(*a)) {
        assert_eq!(grant(Role::Observer, action), Grant::Never, "{action}");
    }
}

#[test]
fn an_admin_reaches_everywhere_with_every_action() {
    for action in Action::ALL {
        assert_eq!(grant(Role::Admin, *action), Grant::All, "{action}");
    }
}

#[test]
fn a_rep_never_reaches_further_than_his_manager() {
    for action in Action::ALL {
        assert!(grant(Role::Rep, *action) <= grant(Role::Manager, *action), "{action}");
    }
}

#[test]
fn a_rep_writes_on_related_accounts_only() {
    let anywhere: Vec<_> = Action::ALL
        .iter()
        .copied()
        .filter(|a| is_write(*a) && grant(Role::Rep, *a) > Grant::Related)
        .collect();
    assert_eq!(anywhere, [Action::AccountCreate]);
}

#[test]
fn a_manager_writes_on_his_subtree_but_does_not_govern_the_tenant() {
    assert_eq!(grant(Role::Manager, Action::AccountMerge), Grant::Subtree);
    assert_eq!(grant(Role::Rep, Action::AccountMerge), Grant::Never);
    assert_eq!(grant(Role::Manager, Action::HandoverOverride), Grant::Subtree);
    assert_eq!(grant(Role::Rep, Action::HandoverOverride), Grant::Never);
    assert_eq!(grant(Role::Rep, Action::HandoverPlan), Grant::Related);
    for action in [
        Action::MemberInvite,
        Action::MemberChange,
        Action::MemberRemove,
        Action::TenantChange,
        Action::ApiClientChange,
        Action::ImportRun,
    ] {
        assert_eq!(grant(Role::Manager, action), Grant::Never, "{action}");
    }
}

#[test]
fn visibility_narrows_what_is_seen_and_nothing_else() {
    let seen = |role, visibility| read_grant(role, visibility, Action::AccountRead);
    for role in Role::ALL {
        assert_eq!(seen(*role, Visibility::Everyone), Grant::All);
    }
    assert_eq!(seen(Role::Admin, Visibility::Team), Grant::All);
    assert_eq!(seen(Role::Manager, Visibility::Team), Grant::Subtree);
    assert_eq!(seen(Role::Rep, Visibility::Team), Grant::Related);
    assert_eq!(seen(Role::Observer, Visibility::Team), Grant::All);

    for action in Action::ALL.iter().copied().filter(|a| !reads_account(*a)) {
        for role in Role::ALL {
            let narrowed = read_grant(*role, Visibility::Team, action);
            assert_eq!(narrowed, grant(*role, action), "{role} {action}");
        }
    }
}

#[test]
fn whoever_may_change_an_account_also_sees_it() {
    for role in Role::ALL {
        for visibility in Visibility::ALL {
            let seen = read_grant(*role, *visibility, Action::AccountRead);
            let changed = grant(*role, Action::AccountChange);
            assert!(changed <= seen, "{role} {visibility}");
        }
    }
}

#[test]
fn only_an_admin_reads_the_log_whole() {
    let whole: Vec<_> = Role::ALL.iter().copied().filter(|r| reads_whole_log(*r)).collect();
    assert_eq!(whole, [Role::Admin]);
}

#[test]
fn a_read_scope_never_writes_and_every_scope_opens_something() {
    for action in Action::ALL {
        if let Some(scope) = scope_for(*action) {
            let expected = if is_write(*action) { ":write" } else { ":read" };
            assert!(scope.as_str().ends_with(expected), "{action} {scope}");
        }
    }
    for scope in Scope::ALL {
        assert!(Action::ALL.iter().any(|a| scope_for(*a) == Some(*scope)), "{scope}");
    }
}

#[test]
fn no_api_client_governs_or_overrides() {
    for action in [
        Action::HandoverOverride,
        Action::HandoverFail,
        Action::MemberInvite,
        Action::MemberChange,
        Action::MemberRemove,
        Action::TenantChange,
        Action::ApiClientRead,
        Action::ApiClientChange,
    ] {
        assert_eq!(scope_for(action), None, "{action}");
    }
}

#[test]
fn scopes_read_as_area_and_right() {
    assert_eq!("accounts:write".parse(), Ok(Scope::AccountsWrite));
    assert!("accounts:delete".parse::<Scope>().is_err());
}

#[test]
fn to_write_includes_to_read_the_same_and_nothing_else() {
    assert!(Scope::HandoversWrite.includes(Scope::HandoversRead));
    assert!(Scope::HandoversWrite.includes(Scope::HandoversWrite));
    assert!(!Scope::HandoversRead.includes(Scope::HandoversWrite));
    assert!(!Scope::HandoversWrite.includes(Scope::AccountsRead));
    assert!(!Scope::ImportsRead.includes(Scope::EventsRead));
}

#[test]
fn only_who_leads_is_granted_what_those_below_him_have() {
    for role in Role::ALL.iter().copied() {
        let grants = Visibility::ALL.iter().flat_map(|visibility| {
            let of = move |action: &Action| read_grant(role, *visibility, *action);
            Action::ALL.iter().map(of)
        });
        assert_eq!(
            grants.into_iter().any(|grant| grant == Grant::Subtree),
            leads(role),
            "{role}"
        );
    }
}
