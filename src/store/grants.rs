//! Roles given to users and to groups, and the standing of one actor put together from rows. What a standing allows is
//! decided by the domain.

use std::collections::HashMap;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::StoreError;
use super::columns::{corrupt, millis};
use super::conn::Conn;
use super::groups::member_role;
use super::schema::{grants, groups, memberships};
use super::tx::{Reader, Tx};
use super::uid::Key;
use crate::domain::grant::{Grant, Grantee};
use crate::domain::ids::{GrantId, SessionId, UserId};
use crate::domain::permission::{HeldRole, Membership, Role, Scope, Standing};
use crate::domain::time::at_millis;

#[derive(Queryable, Insertable)]
#[diesel(table_name = grants)]
struct GrantRow {
    id: Key,
    role: String,
    user_id: Option<Key>,
    group_slug: Option<String>,
    scope_group: Option<String>,
    created_at: i64,
}

impl TryFrom<GrantRow> for Grant {
    type Error = StoreError;
    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        let to = match (row.user_id, row.group_slug) {
            (Some(user), None) => Grantee::User(user.into()),
            (None, Some(group)) => Grantee::Group(group),
            (Some(_), Some(_)) | (None, None) => return Err(corrupt("grant", "to nobody, or to two")),
        };
        Ok(Self {
            id: row.id.into(),
            role: role(&row.role)?,
            to,
            scope: Scope::of(row.scope_group),
            created_at: at_millis(row.created_at),
        })
    }
}

impl From<&Grant> for GrantRow {
    fn from(grant: &Grant) -> Self {
        let (user_id, group_slug) = match &grant.to {
            Grantee::User(user) => (Some(Key::from(*user)), None),
            Grantee::Group(group) => (None, Some(group.clone())),
        };
        let scope_group = match &grant.scope {
            Scope::Everywhere => None,
            Scope::EventsOf(group) => Some(group.clone()),
        };
        Self {
            id: grant.id.into(),
            role: grant.role.word().to_owned(),
            user_id,
            group_slug,
            scope_group,
            created_at: millis(grant.created_at),
        }
    }
}

fn role(word: &str) -> Result<Role, StoreError> {
    Role::from_word(word).ok_or_else(|| corrupt("grant role", word))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

// Whoever holds the admin's role everywhere, by himself or through a group.
const ADMINS: &str = "SELECT COUNT(DISTINCT holder) AS count FROM (\
     SELECT grants.user_id AS holder FROM grants \
     WHERE grants.role = 'admin' AND grants.scope_group IS NULL AND grants.user_id IS NOT NULL \
     UNION ALL \
     SELECT memberships.user_id AS holder FROM grants \
     JOIN memberships ON memberships.group_slug = grants.group_slug \
     WHERE grants.role = 'admin' AND grants.scope_group IS NULL) AS admins";

impl Reader<'_> {
    /// Everything that decides what the user may do. An unknown user may nothing.
    pub fn standing_of(&mut self, user: UserId) -> Result<Standing, StoreError> {
        let standing = self.standings_of(&[user])?.remove(&user);
        Ok(standing.unwrap_or_else(|| Standing::of_nothing(user)))
    }

    /// What the owners of these logins may do, in their order; empty where the login has ended or is somebody else's.
    pub fn standings(&mut self, logins: &[(SessionId, UserId)]) -> Result<Vec<Option<Standing>>, StoreError> {
        let sessions: Vec<SessionId> = logins.iter().map(|(session, _)| *session).collect();
        let owners = self.owners_of_sessions(&sessions)?;
        let users: Vec<UserId> = logins.iter().map(|(_, user)| *user).collect();
        let standings = self.standings_of(&users)?;
        let standing = |(session, user): &(SessionId, UserId)| {
            if owners.get(session) == Some(user) { standings.get(user).cloned() } else { None }
        };
        Ok(logins.iter().map(standing).collect())
    }

    fn standings_of(&mut self, users: &[UserId]) -> Result<HashMap<UserId, Standing>, StoreError> {
        let keys: Vec<Key> = users.iter().copied().map(Key::from).collect();
        let places: Vec<(Key, String, String, bool)> = memberships::table
            .inner_join(groups::table)
            .filter(memberships::user_id.eq_any(&keys))
            .order(memberships::group_slug)
            .select((memberships::user_id, memberships::group_slug, memberships::role, groups::members_may_manage))
            .load(self.conn)?;
        let mut slugs: Vec<&String> = places.iter().map(|(_, slug, _, _)| slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        let held: Vec<GrantRow> = grants::table
            .filter(grants::user_id.eq_any(&keys).or(grants::group_slug.eq_any(slugs)))
            .order(grants::id)
            .load(self.conn)?;
        let mut standings: HashMap<UserId, Standing> =
            users.iter().map(|user| (*user, Standing::of_nothing(*user))).collect();
        for (user, group, role, members_may_manage) in places {
            if let Some(standing) = standings.get_mut(&user.into()) {
                standing.memberships.push(Membership { group, role: member_role(&role)?, members_may_manage });
            }
        }
        for grant in held {
            let grant = Grant::try_from(grant)?;
            let role = HeldRole { role: grant.role, scope: grant.scope };
            match grant.to {
                Grantee::User(user) => {
                    standings.get_mut(&user).into_iter().for_each(|one| one.roles.push(role.clone()))
                }
                Grantee::Group(group) => {
                    let members = standings.values_mut().filter(|one| one.belongs_to(&group));
                    members.for_each(|one| one.roles.push(role.clone()));
                }
            }
        }
        Ok(standings)
    }

    /// The roles that the group's members hold because they belong to it.
    pub fn roles_of_group(&mut self, slug: &str) -> Result<Vec<HeldRole>, StoreError> {
        let rows: Vec<GrantRow> = grants::table.filter(grants::group_slug.eq(slug.to_owned())).load(self.conn)?;
        rows.into_iter().map(held_role).collect()
    }

    /// One grant.
    pub fn grant_by_id(&mut self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        let row: Option<GrantRow> = grants::table.find(Key::from(id)).first(self.conn).optional()?;
        row.map(Grant::try_from).transpose()
    }

    /// The grant that gives the same, if there is one.
    pub fn grant_like(&mut self, wanted: &Grant) -> Result<Option<Grant>, StoreError> {
        let row = GrantRow::from(wanted);
        let mut query = grants::table.filter(grants::role.eq(row.role)).into_boxed();
        query = match row.user_id {
            Some(user) => query.filter(grants::user_id.eq(user)),
            None => query.filter(grants::user_id.is_null()),
        };
        query = match row.group_slug {
            Some(group) => query.filter(grants::group_slug.eq(group)),
            None => query.filter(grants::group_slug.is_null()),
        };
        query = match row.scope_group {
            Some(group) => query.filter(grants::scope_group.eq(group)),
            None => query.filter(grants::scope_group.is_null()),
        };
        let found: Option<GrantRow> = query.order(grants::id).first(self.conn).optional()?;
        found.map(Grant::try_from).transpose()
    }

    /// Grants in the order they were made, after the one with this id.
    pub fn grants(&mut self, after: Option<GrantId>, limit: i64) -> Result<Vec<Grant>, StoreError> {
        let mut query = grants::table.into_boxed();
        if let Some(after) = after {
            query = query.filter(grants::id.gt(Key::from(after)));
        }
        let rows: Vec<GrantRow> = query.order(grants::id).limit(limit).load(self.conn)?;
        rows.into_iter().map(Grant::try_from).collect()
    }

    /// How many users may do everything.
    pub fn count_admins(&mut self) -> Result<i64, StoreError> {
        let found: Count = diesel::sql_query(ADMINS).get_result(self.conn)?;
        Ok(found.count)
    }
}

impl Tx<'_> {
    /// Changes of who may what run one after the other, so that two of them cannot each remove "the other" admin, and
    /// nobody gives on what is being taken from him.
    pub fn take_turn_for_who_may(&mut self) -> Result<(), StoreError> {
        match &mut *self.conn {
            // One writer at a time anyway.
            Conn::Sqlite(_) => Ok(()),
            Conn::Pg(conn) => Ok(conn.batch_execute("LOCK TABLE grants IN SHARE ROW EXCLUSIVE MODE")?),
        }
    }

    /// Saves a new grant.
    pub fn insert_grant(&mut self, grant: &Grant) -> Result<(), StoreError> {
        diesel::insert_into(grants::table).values(GrantRow::from(grant)).execute(self.conn)?;
        Ok(())
    }

    /// Deletes a grant.
    pub fn delete_grant(&mut self, id: GrantId) -> Result<(), StoreError> {
        diesel::delete(grants::table.find(Key::from(id))).execute(self.conn)?;
        Ok(())
    }
}

fn held_role(row: GrantRow) -> Result<HeldRole, StoreError> {
    Ok(HeldRole { role: role(&row.role)?, scope: Scope::of(row.scope_group) })
}
