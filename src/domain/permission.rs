//! Who may do what. Everything about one actor is a [`Standing`]; [`Standing::may`] is the only place that decides.
//! Nobody gives away what he does not hold himself, and somebody who may do everything always remains.

use serde::Serialize;

use super::group::MemberRole;
use super::ids::UserId;
use super::refusal::Refusal;

/// One thing that somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Permission {
    /// Make events.
    #[serde(rename = "events.create")]
    EventsCreate,
    /// Change and delete events.
    #[serde(rename = "events.manage")]
    EventsManage,
    /// Add, remove and mark the people signed up.
    #[serde(rename = "registrations.manage")]
    RegistrationsManage,
    /// See who owes and paid what.
    #[serde(rename = "orders.read")]
    OrdersRead,
    /// Give money back.
    #[serde(rename = "orders.refund")]
    OrdersRefund,
    /// Make and change users.
    #[serde(rename = "users.manage")]
    UsersManage,
    /// Make and change groups and their members.
    #[serde(rename = "groups.manage")]
    GroupsManage,
    /// Give and take roles.
    #[serde(rename = "roles.manage")]
    RolesManage,
    /// Change the settings of the house.
    #[serde(rename = "settings.manage")]
    SettingsManage,
}

impl Permission {
    /// Every permission, in the order of the API.
    pub const ALL: [Self; 9] = [
        Self::EventsCreate,
        Self::EventsManage,
        Self::RegistrationsManage,
        Self::OrdersRead,
        Self::OrdersRefund,
        Self::UsersManage,
        Self::GroupsManage,
        Self::RolesManage,
        Self::SettingsManage,
    ];

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::EventsCreate => "events.create",
            Self::EventsManage => "events.manage",
            Self::RegistrationsManage => "registrations.manage",
            Self::OrdersRead => "orders.read",
            Self::OrdersRefund => "orders.refund",
            Self::UsersManage => "users.manage",
            Self::GroupsManage => "groups.manage",
            Self::RolesManage => "roles.manage",
            Self::SettingsManage => "settings.manage",
        }
    }

    /// True when it can be held for the events of one group; the others are held everywhere or not at all.
    pub fn is_about_events(self) -> bool {
        match self {
            Self::EventsCreate
            | Self::EventsManage
            | Self::RegistrationsManage
            | Self::OrdersRead
            | Self::OrdersRefund => true,
            Self::UsersManage | Self::GroupsManage | Self::RolesManage | Self::SettingsManage => false,
        }
    }
}

/// What those hold who manage a group's events: its leaders, and its members where the group says so. No refunds.
pub const MANAGING: [Permission; 4] =
    [Permission::EventsCreate, Permission::EventsManage, Permission::RegistrationsManage, Permission::OrdersRead];

/// A named set of permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May do everything.
    Admin,
    /// Sees orders and gives money back.
    Treasurer,
    /// Makes and runs events.
    Organizer,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Treasurer, Self::Organizer];

    /// The word in the API and in rows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Treasurer => "treasurer",
            Self::Organizer => "organizer",
        }
    }

    /// The role with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// What the role is made of.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Admin => &Permission::ALL,
            Self::Treasurer => &[Permission::OrdersRead, Permission::OrdersRefund],
            Self::Organizer => &MANAGING,
        }
    }

    /// What the role gives within `scope`: for a group's events only what is about events.
    pub fn permissions_in(self, scope: &Scope) -> impl Iterator<Item = Permission> {
        let everywhere = *scope == Scope::Everywhere;
        self.permissions().iter().copied().filter(move |permission| everywhere || permission.is_about_events())
    }
}

/// Where something is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Everywhere,
    /// For the events that the group with this slug organizes.
    EventsOf(String),
}

impl Scope {
    /// The scope that a grant's group stands for.
    pub fn of(group: Option<String>) -> Self {
        group.map_or(Self::Everywhere, Self::EventsOf)
    }

    fn contains(&self, other: &Self) -> bool {
        *self == Self::Everywhere || self == other
    }
}

/// A place in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group's slug.
    pub group: String,
    /// As what.
    pub role: MemberRole,
    /// True when the group lets all its members manage its events.
    pub members_may_manage: bool,
}

impl Membership {
    /// True when this place in the group brings the group's events with it.
    pub fn manages(&self) -> bool {
        self.members_may_manage || self.role == MemberRole::Leader
    }
}

/// A role that somebody holds, given to him or to a group of his.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRole {
    /// The role.
    pub role: Role,
    /// Where it holds.
    pub scope: Scope,
}

/// Everything about one actor that decides what he may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub user_id: UserId,
    /// His places in groups.
    pub memberships: Vec<Membership>,
    /// The roles he holds.
    pub roles: Vec<HeldRole>,
}

impl Standing {
    /// Somebody who may nothing, yet.
    pub fn of_nothing(user_id: UserId) -> Self {
        Self { user_id, memberships: Vec::new(), roles: Vec::new() }
    }

    /// The one decision: does he hold `permission` in all of `scope`?
    pub fn may(&self, permission: Permission, scope: &Scope) -> bool {
        let by_role = self.roles.iter().any(|held| {
            held.scope.contains(scope) && held.role.permissions_in(&held.scope).any(|given| given == permission)
        });
        by_role || self.may_by_membership(permission, scope)
    }

    fn may_by_membership(&self, permission: Permission, scope: &Scope) -> bool {
        match scope {
            Scope::Everywhere => false,
            Scope::EventsOf(group) => {
                MANAGING.contains(&permission)
                    && self.memberships.iter().any(|place| place.group == *group && place.manages())
            }
        }
    }

    /// Like [`Self::may`], everywhere.
    pub fn may_everywhere(&self, permission: Permission) -> bool {
        self.may(permission, &Scope::Everywhere)
    }

    /// Like [`Self::may`], for the events of one group.
    pub fn may_for(&self, permission: Permission, group: &str) -> bool {
        self.may(permission, &Scope::EventsOf(group.to_owned()))
    }

    /// Refuses whoever does not hold `permission` in `scope`.
    pub fn needs(&self, permission: Permission, scope: &Scope) -> Result<(), Refusal> {
        if self.may(permission, scope) { Ok(()) } else { Err(Refusal::Forbidden) }
    }

    /// Refuses whoever does not hold `permission` everywhere.
    pub fn needs_everywhere(&self, permission: Permission) -> Result<(), Refusal> {
        self.needs(permission, &Scope::Everywhere)
    }

    /// What he holds everywhere.
    pub fn permissions_everywhere(&self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.may_everywhere(*permission)).collect()
    }

    /// What he holds for the events of one group.
    pub fn permissions_for_group(&self, group: &str) -> Vec<Permission> {
        let about_events = Permission::ALL.into_iter().filter(|permission| permission.is_about_events());
        about_events.filter(|permission| self.may_for(*permission, group)).collect()
    }

    /// The groups for whose events he holds `permission`, beyond holding it everywhere.
    pub fn groups_where(&self, permission: Permission) -> Vec<String> {
        let scoped = self.roles.iter().filter_map(|held| match &held.scope {
            Scope::Everywhere => None,
            Scope::EventsOf(group) => Some(group.clone()),
        });
        let mut groups: Vec<String> = scoped.chain(self.memberships.iter().map(|place| place.group.clone())).collect();
        groups.sort();
        groups.dedup();
        groups.retain(|group| self.may_for(permission, group));
        groups
    }

    /// The groups for whose events he holds `permission`; empty when he holds it everywhere. Whoever holds it nowhere is
    /// refused.
    pub fn needs_somewhere(&self, permission: Permission) -> Result<Option<Vec<String>>, Refusal> {
        if self.may_everywhere(permission) {
            return Ok(None);
        }
        Some(self.groups_where(permission)).filter(|groups| !groups.is_empty()).ok_or(Refusal::Forbidden).map(Some)
    }

    /// True when he leads the group.
    pub fn leads(&self, group: &str) -> bool {
        self.memberships.iter().any(|place| place.group == group && place.role == MemberRole::Leader)
    }

    /// True when he belongs to the group.
    pub fn belongs_to(&self, group: &str) -> bool {
        self.memberships.iter().any(|place| place.group == group)
    }

    /// Everything he holds, each with where.
    pub fn holdings(&self) -> Vec<(Permission, Scope)> {
        let by_role = self
            .roles
            .iter()
            .flat_map(|held| held.role.permissions_in(&held.scope).map(|given| (given, held.scope.clone())));
        let by_place = self.memberships.iter().flat_map(Membership::holdings);
        by_role.chain(by_place).collect()
    }

    /// Nobody gives a permission that he does not hold there himself.
    pub fn may_give(&self, given: impl IntoIterator<Item = (Permission, Scope)>) -> Result<(), Refusal> {
        given.into_iter().try_for_each(|(permission, scope)| self.needs(permission, &scope))
    }

    /// May he act in the other's place (an account's address or password opens everything the account may do)?
    pub fn may_stand_in_for(&self, other: &Self) -> Result<(), Refusal> {
        self.may_give(other.holdings())
    }
}

impl Membership {
    /// What this place brings by itself, without the roles that the group holds.
    pub fn holdings(&self) -> Vec<(Permission, Scope)> {
        if !self.manages() {
            return Vec::new();
        }
        MANAGING.into_iter().map(|permission| (permission, Scope::EventsOf(self.group.clone()))).collect()
    }
}

impl HeldRole {
    /// What this role brings.
    pub fn holdings(&self) -> Vec<(Permission, Scope)> {
        self.role.permissions_in(&self.scope).map(|permission| (permission, self.scope.clone())).collect()
    }
}

/// Somebody must remain who may do everything: `before` and `after` count the admins around a change.
pub fn an_admin_remains(before: i64, after: i64) -> Result<(), Refusal> {
    if before > 0 && after == 0 { Err(Refusal::LastAdmin) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
