//! Who may do what, as tables.

use super::*;

fn standing(memberships: &[(&str, MemberRole, bool)], roles: &[(Role, Option<&str>)]) -> Standing {
    Standing {
        user_id: UserId(uuid::Uuid::nil()),
        memberships: memberships
            .iter()
            .map(|(group, role, all)| Membership { group: (*group).to_owned(), role: *role, members_may_manage: *all })
            .collect(),
        roles: roles
            .iter()
            .map(|(role, group)| HeldRole { role: *role, scope: Scope::of(group.map(str::to_owned)) })
            .collect(),
    }
}

fn words(permissions: &[Permission]) -> String {
    permissions.iter().map(|permission| permission.word()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(who: &Standing, everywhere: &str, for_sosialen: &str) {
    assert_eq!(words(&who.permissions_everywhere()), everywhere);
    assert_eq!(words(&who.permissions_for_group("sosialen")), for_sosialen);
}

const NONE: &str = "";
const MANAGES: &str = "events.create events.manage registrations.manage orders.read";
const ALL_EVENTS: &str = "events.create events.manage registrations.manage orders.read orders.refund";

#[test]
fn a_nobody_may_nothing() {
    check(&standing(&[], &[]), NONE, NONE);
    check(&standing(&[("sosialen", MemberRole::Member, false)], &[]), NONE, NONE);
}

#[test]
fn leaders_manage_the_events_of_their_group_and_do_not_refund() {
    check(&standing(&[("sosialen", MemberRole::Leader, false)], &[]), NONE, MANAGES);
    check(&standing(&[("drift", MemberRole::Leader, false)], &[]), NONE, NONE);
}

#[test]
fn members_manage_where_the_group_says_so() {
    check(&standing(&[("sosialen", MemberRole::Member, true)], &[]), NONE, MANAGES);
}

#[test]
fn roles_hold_everywhere_or_for_the_events_of_one_group() {
    check(&standing(&[], &[(Role::Organizer, None)]), MANAGES, MANAGES);
    check(&standing(&[], &[(Role::Treasurer, None)]), "orders.read orders.refund", "orders.read orders.refund");
    check(&standing(&[], &[(Role::Treasurer, Some("sosialen"))]), NONE, "orders.read orders.refund");
    check(&standing(&[], &[(Role::Treasurer, Some("drift"))]), NONE, NONE);
    check(&standing(&[], &[(Role::Admin, None)]), &words(&Permission::ALL), ALL_EVENTS);
}

#[test]
fn an_admin_of_one_groups_events_manages_no_users() {
    let who = standing(&[], &[(Role::Admin, Some("sosialen"))]);
    check(&who, NONE, ALL_EVENTS);
    assert!(!who.may_for(Permission::UsersManage, "sosialen"));
}

#[track_caller]
fn check_giving(who: &Standing, role: Role, group: Option<&str>, allowed: bool) {
    let given = HeldRole { role, scope: Scope::of(group.map(str::to_owned)) };
    assert_eq!(who.may_give(given.holdings()).is_ok(), allowed, "{role:?} {group:?}");
}

#[test]
fn nobody_gives_what_he_does_not_hold_there() {
    let admin = standing(&[], &[(Role::Admin, None)]);
    check_giving(&admin, Role::Admin, None, true);
    check_giving(&admin, Role::Treasurer, Some("sosialen"), true);
    let organizer = standing(&[], &[(Role::Organizer, None)]);
    check_giving(&organizer, Role::Organizer, Some("sosialen"), true);
    check_giving(&organizer, Role::Treasurer, None, false);
    check_giving(&organizer, Role::Admin, Some("sosialen"), false);
    let leader = standing(&[("sosialen", MemberRole::Leader, false)], &[]);
    check_giving(&leader, Role::Organizer, Some("sosialen"), true);
    check_giving(&leader, Role::Organizer, None, false);
    check_giving(&leader, Role::Treasurer, Some("sosialen"), false);
}

#[test]
fn an_account_is_changed_only_by_those_who_hold_all_it_holds() {
    let admin = standing(&[], &[(Role::Admin, None)]);
    let leader = standing(&[("sosialen", MemberRole::Leader, false)], &[]);
    assert!(admin.may_stand_in_for(&leader).is_ok());
    assert_eq!(leader.may_stand_in_for(&admin), Err(Refusal::Forbidden));
    assert!(leader.may_stand_in_for(&standing(&[], &[])).is_ok());
}

#[test]
fn the_groups_one_manages_are_named() {
    let who = standing(
        &[("sosialen", MemberRole::Leader, false), ("drift", MemberRole::Member, false)],
        &[(Role::Treasurer, Some("jubileum"))],
    );
    assert_eq!(who.groups_where(Permission::OrdersRead), ["jubileum", "sosialen"]);
    assert_eq!(who.groups_where(Permission::OrdersRefund), ["jubileum"]);
}

#[test]
fn the_last_admin_stays() {
    assert_eq!(an_admin_remains(1, 0), Err(Refusal::LastAdmin));
    assert_eq!(an_admin_remains(2, 1), Ok(()));
    assert_eq!(an_admin_remains(0, 0), Ok(()));
}
