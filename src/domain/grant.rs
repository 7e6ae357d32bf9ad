//! A role given to somebody: to a user or to a group's members, everywhere or for the events of one group.

use super::ids::{GrantId, UserId};
use super::permission::{HeldRole, Role, Scope};
use super::time::Timestamp;

/// A role given to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// The role.
    pub role: Role,
    /// To whom.
    pub to: Grantee,
    /// Where it holds.
    pub scope: Scope,
    /// When it was given.
    pub created_at: Timestamp,
}

/// To whom a role is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grantee {
    /// One user.
    User(UserId),
    /// Whoever belongs to the group with this slug.
    Group(String),
}

impl Grant {
    /// The role as the grantee holds it.
    pub fn held(&self) -> HeldRole {
        HeldRole { role: self.role, scope: self.scope.clone() }
    }
}
