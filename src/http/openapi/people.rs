//! Signing in, oneself, users, groups and roles.

use utoipa::openapi::path::HttpMethod::{Delete, Get, Patch, Post, Put};

use super::operation::{Described, describe, flag};
use crate::http::api::auth::{LogIn, Refresh, TokensAnswer};
use crate::http::api::grants::{GrantAnswer, New as NewGrant, RoleAnswer};
use crate::http::api::groups::{Fields as GroupFields, GroupAnswer, MemberAnswer, New as NewGroup, Place};
use crate::http::api::me::stream::PlacesAnswer;
use crate::http::api::me::{Change, MeAnswer};
use crate::http::api::orders::OrderAnswer;
use crate::http::api::registrations::RegistrationAnswer;
use crate::http::api::users::{Invitation, New as NewUser, ProfileFields, UserAnswer, UserFields};

pub(super) fn auth() -> Vec<Described> {
    vec![
        describe(Post, "/api/v1/auth/login", ("auth", "log_in"), "Sign in")
            .about(
                "Wrong addresses and wrong passwords get the same answer. After 5 failures within 15 minutes for an \
                 account and address the answer is 429; a success resets it.",
            )
            .stored()
            .takes::<LogIn>()
            .answers::<TokensAnswer<'static>>(200, "Signed in.")
            .refuses(&["invalid_credentials", "too_many_requests", "overloaded"]),
        describe(Post, "/api/v1/auth/refresh", ("auth", "refresh"), "Renew the tokens")
            .about(
                "A replaced refresh token is good for 30 seconds more; used later, it ends the login and all its \
                 tokens.",
            )
            .stored()
            .takes::<Refresh>()
            .answers::<TokensAnswer<'static>>(200, "A new pair of tokens.")
            .refuses(&["unauthenticated"]),
        describe(Post, "/api/v1/auth/logout", ("auth", "log_out"), "Sign out")
            .about("Ends the login, if the token belongs to one.")
            .stored()
            .takes::<Refresh>()
            .answers_nothing(204, "Signed out."),
    ]
}

pub(super) fn me() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/me", ("me", "show_me"), "Whoever is signed in")
            .signed_in()
            .answers::<MeAnswer<'static>>(200, "Whoever is signed in, and what he or she may do."),
        describe(Patch, "/api/v1/me", ("me", "edit_me"), "Change one's own data")
            .signed_in()
            .takes_patch::<ProfileFields>()
            .answers::<MeAnswer<'static>>(200, "Changed."),
        describe(Get, "/api/v1/me/stream", ("me", "watch_me"), "One's own places, as they change")
            .about(
                "A browser's `EventSource` sends no token: read the answer's body as it comes. Ends with the login, and \
                 with the access token.",
            )
            .signed_in()
            .streams::<PlacesAnswer>("The registrations that have not ended, now and whenever they change."),
        describe(Post, "/api/v1/me/password", ("me", "change_password"), "Change one's own password")
            .about("Ends all other logins. An idempotency key is ignored.")
            .signed_in()
            .takes::<Change>()
            .answers_nothing(204, "Changed.")
            .refuses_as(403, "invalid_credentials")
            .refuses(&["too_many_requests", "overloaded"]),
        describe(Get, "/api/v1/me/registrations", ("me", "list_my_registrations"), "One's own registrations")
            .about("The newest one per event, ended ones too; newest first.")
            .signed_in()
            .query("active", flag(), "`true` hides those that have ended.")
            .lists::<RegistrationAnswer<'static>>("A page of one's own registrations."),
        describe(Get, "/api/v1/me/orders", ("me", "list_my_orders"), "One's own orders")
            .signed_in()
            .lists::<OrderAnswer<'static>>("A page of one's own orders, newest first."),
    ]
}

pub(super) fn users() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/users", ("users", "list_users"), "All users")
            .about("Needs `users.manage`.")
            .signed_in()
            .lists::<UserAnswer<'static>>("A page of users.")
            .refuses(&["forbidden"]),
        describe(Post, "/api/v1/users", ("users", "add_user"), "Make a user")
            .about("Needs `users.manage`.")
            .signed_in()
            .takes::<NewUser>()
            .once()
            .answers::<UserAnswer<'static>>(201, "Made.")
            .refuses(&["forbidden", "email_taken", "overloaded"]),
        describe(Get, "/api/v1/users/{user_id}", ("users", "show_user"), "One user")
            .about("Needs `users.manage`, or to be that user.")
            .signed_in()
            .answers::<UserAnswer<'static>>(200, "The user.")
            .refuses(&["not_found"]),
        describe(Patch, "/api/v1/users/{user_id}", ("users", "edit_user"), "Change a user")
            .about("Needs `users.manage`; the address of somebody who may do more than the caller stays.")
            .signed_in()
            .takes_patch::<UserFields>()
            .answers::<UserAnswer<'static>>(200, "Changed.")
            .refuses(&["forbidden", "not_found", "email_taken"]),
        describe(Post, "/api/v1/users/{user_id}/invite", ("users", "invite_user"), "Invite a user")
            .about("A one-time link to set a password. Needs `users.manage`. An idempotency key is ignored.")
            .signed_in()
            .takes_nothing()
            .answers::<Invitation<'static>>(200, "The link.")
            .refuses(&["forbidden", "not_found"]),
    ]
}

pub(super) fn groups() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/groups", ("groups", "list_groups"), "Groups")
            .about("All of them with `groups.manage`; leaders see their own.")
            .signed_in()
            .lists::<GroupAnswer<'static>>("A page of groups, by slug.")
            .refuses(&["forbidden"]),
        describe(Post, "/api/v1/groups", ("groups", "add_group"), "Make a group")
            .about("Needs `groups.manage`.")
            .signed_in()
            .takes::<NewGroup>()
            .once()
            .answers::<GroupAnswer<'static>>(201, "Made.")
            .refuses(&["forbidden", "slug_taken"]),
        describe(Get, "/api/v1/groups/{slug}", ("groups", "show_group"), "One group")
            .about("Needs `groups.manage`, or to belong to it.")
            .signed_in()
            .answers::<GroupAnswer<'static>>(200, "The group.")
            .refuses(&["forbidden", "not_found"]),
        describe(Patch, "/api/v1/groups/{slug}", ("groups", "edit_group"), "Change a group")
            .about("Needs `groups.manage`.")
            .signed_in()
            .takes_patch::<GroupFields>()
            .answers::<GroupAnswer<'static>>(200, "Changed.")
            .refuses(&["forbidden", "not_found"]),
        describe(Delete, "/api/v1/groups/{slug}", ("groups", "delete_group"), "Delete a group")
            .about("Needs `groups.manage`.")
            .signed_in()
            .answers_nothing(204, "Deleted.")
            .refuses(&["forbidden", "not_found", "group_in_use"]),
        describe(Get, "/api/v1/groups/{slug}/members", ("groups", "list_members"), "Who belongs to a group")
            .about("Needs `groups.manage`, or to lead it.")
            .signed_in()
            .lists::<MemberAnswer>("A page of members.")
            .refuses(&["forbidden", "not_found"]),
        describe(Put, "/api/v1/groups/{slug}/members/{user_id}", ("groups", "put_member"), "Let somebody in")
            .about("Or change as what somebody belongs to the group. Needs `groups.manage`, or to lead it.")
            .signed_in()
            .takes::<Place>()
            .answers::<MemberAnswer>(200, "Belongs to it.")
            .refuses(&["forbidden", "not_found"]),
        describe(Delete, "/api/v1/groups/{slug}/members/{user_id}", ("groups", "remove_member"), "Take somebody out")
            .about("Needs `groups.manage`, or to lead it.")
            .signed_in()
            .answers_nothing(204, "Out of it.")
            .refuses(&["forbidden", "not_found", "last_admin"]),
    ]
}

pub(super) fn roles() -> Vec<Described> {
    vec![
        describe(Get, "/api/v1/roles", ("roles", "list_roles"), "The roles there are")
            .about("Needs `roles.manage`.")
            .signed_in()
            .lists::<RoleAnswer>("A page of roles.")
            .refuses(&["forbidden"]),
        describe(Get, "/api/v1/grants", ("roles", "list_grants"), "Who was given which role")
            .about("Needs `roles.manage`.")
            .signed_in()
            .lists::<GrantAnswer<'static>>("A page of grants, in the order they were given.")
            .refuses(&["forbidden"]),
        describe(Post, "/api/v1/grants", ("roles", "give_role"), "Give a role")
            .about(
                "Needs `roles.manage`, and to hold oneself what the role brings. Given again, the first one is told.",
            )
            .signed_in()
            .takes::<NewGrant>()
            .once()
            .answers::<GrantAnswer<'static>>(201, "Given.")
            .refuses(&["forbidden"]),
        describe(Delete, "/api/v1/grants/{grant_id}", ("roles", "take_role"), "Take a role back")
            .about("Needs `roles.manage`.")
            .signed_in()
            .answers_nothing(204, "Taken back.")
            .refuses(&["forbidden", "not_found", "last_admin"]),
    ]
}
