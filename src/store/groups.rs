//! Groups and their members as rows. Who may change them is decided elsewhere.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::columns::{corrupt, millis};
use super::schema::{events, grants, groups, memberships, sales_units};
use super::tx::{Reader, Tx};
use super::uid::Key;
use super::{Stop, StoreError};
use crate::domain::group::{Group, GroupKind, MemberRole};
use crate::domain::ids::UserId;
use crate::domain::refusal::Refusal;
use crate::domain::time::at_millis;

#[derive(Queryable, Insertable)]
#[diesel(table_name = groups)]
struct GroupRow {
    slug: String,
    name: String,
    kind: String,
    members_may_manage: bool,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<GroupRow> for Group {
    type Error = StoreError;
    fn try_from(row: GroupRow) -> Result<Self, StoreError> {
        Ok(Self {
            kind: GroupKind::from_word(&row.kind).ok_or_else(|| corrupt("group kind", &row.kind))?,
            slug: row.slug,
            name: row.name,
            members_may_manage: row.members_may_manage,
            created_at: at_millis(row.created_at),
            updated_at: at_millis(row.updated_at),
        })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = memberships)]
struct MembershipRow {
    group_slug: String,
    user_id: Key,
    role: String,
    created_at: i64,
}

pub(super) fn member_role(word: &str) -> Result<MemberRole, StoreError> {
    MemberRole::from_word(word).ok_or_else(|| corrupt("membership role", word))
}

impl Reader<'_> {
    /// One group.
    pub fn group_by_slug(&mut self, slug: &str) -> Result<Option<Group>, StoreError> {
        let row: Option<GroupRow> = groups::table.find(slug.to_owned()).first(self.conn).optional()?;
        row.map(Group::try_from).transpose()
    }

    /// Groups by slug, after this one: all, or those with these slugs.
    pub fn groups(
        &mut self,
        only: Option<Vec<String>>,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<Group>, StoreError> {
        let mut query = groups::table.into_boxed();
        if let Some(only) = only {
            query = query.filter(groups::slug.eq_any(only));
        }
        if let Some(after) = after {
            query = query.filter(groups::slug.gt(after));
        }
        let rows: Vec<GroupRow> = query.order(groups::slug).limit(limit).load(self.conn)?;
        rows.into_iter().map(Group::try_from).collect()
    }

    /// Members by id, after this one.
    pub fn members(
        &mut self,
        slug: &str,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<(UserId, MemberRole)>, StoreError> {
        let mut query = memberships::table.filter(memberships::group_slug.eq(slug.to_owned())).into_boxed();
        if let Some(after) = after {
            query = query.filter(memberships::user_id.gt(Key::from(after)));
        }
        let rows: Vec<MembershipRow> = query.order(memberships::user_id).limit(limit).load(self.conn)?;
        rows.into_iter().map(|row| Ok((row.user_id.into(), member_role(&row.role)?))).collect()
    }

    /// As what the user belongs to the group.
    pub fn member(&mut self, slug: &str, user: UserId) -> Result<Option<MemberRole>, StoreError> {
        let row: Option<MembershipRow> =
            memberships::table.find((slug.to_owned(), Key::from(user))).first(self.conn).optional()?;
        row.map(|row| member_role(&row.role)).transpose()
    }

    /// True when the group organizes events, holds roles, is where somebody's role holds, or has a sales unit.
    pub fn group_is_in_use(&mut self, slug: &str) -> Result<bool, StoreError> {
        let organizes = events::table.filter(events::organizer.eq(slug.to_owned()));
        let granted =
            grants::table.filter(grants::group_slug.eq(slug.to_owned()).or(grants::scope_group.eq(slug.to_owned())));
        let organizes: bool = diesel::select(diesel::dsl::exists(organizes)).get_result(self.conn)?;
        let granted: bool = diesel::select(diesel::dsl::exists(granted)).get_result(self.conn)?;
        let paid = sales_units::table.filter(sales_units::group_slug.eq(slug.to_owned()));
        let paid: bool = diesel::select(diesel::dsl::exists(paid)).get_result(self.conn)?;
        Ok(organizes || granted || paid)
    }
}

impl Tx<'_> {
    /// Saves a new group; a slug that another has is refused.
    pub fn insert_group(&mut self, group: &Group) -> Result<(), Stop> {
        let row = GroupRow {
            slug: group.slug.clone(),
            name: group.name.clone(),
            kind: group.kind.word().to_owned(),
            members_may_manage: group.members_may_manage,
            created_at: millis(group.created_at),
            updated_at: millis(group.updated_at),
        };
        let inserted = diesel::insert_into(groups::table).values(&row).execute(self.conn);
        match inserted.map_err(StoreError::from) {
            Ok(_) => Ok(()),
            Err(StoreError::Taken(_)) => Err(Refusal::SlugTaken.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Saves what changed about a group.
    pub fn save_group(&mut self, group: &Group) -> Result<(), StoreError> {
        diesel::update(groups::table.find(group.slug.clone()))
            .set((
                groups::name.eq(group.name.clone()),
                groups::kind.eq(group.kind.word()),
                groups::members_may_manage.eq(group.members_may_manage),
                groups::updated_at.eq(millis(group.updated_at)),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    /// Deletes a group that is not in use, and who belongs to it.
    pub fn delete_group(&mut self, slug: &str) -> Result<(), Stop> {
        diesel::delete(memberships::table.filter(memberships::group_slug.eq(slug.to_owned()))).execute(self.conn)?;
        match diesel::delete(groups::table.find(slug.to_owned())).execute(self.conn) {
            Ok(_) => Ok(()),
            // Somebody began to use it at this moment.
            Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => {
                Err(Refusal::GroupInUse.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the user a member, or changes as what.
    pub fn put_member(&mut self, slug: &str, user: UserId, role: MemberRole) -> Result<(), StoreError> {
        let place = memberships::table.find((slug.to_owned(), Key::from(user)));
        let changed = diesel::update(place).set(memberships::role.eq(role.word())).execute(self.conn)?;
        if changed == 0 {
            let created_at = millis(self.now());
            let row = MembershipRow {
                group_slug: slug.to_owned(),
                user_id: user.into(),
                role: role.word().to_owned(),
                created_at,
            };
            diesel::insert_into(memberships::table).values(&row).execute(self.conn)?;
        }
        Ok(())
    }

    /// Removes a member; false when there was none.
    pub fn remove_member(&mut self, slug: &str, user: UserId) -> Result<bool, StoreError> {
        let place = memberships::table.find((slug.to_owned(), Key::from(user)));
        Ok(diesel::delete(place).execute(self.conn)? > 0)
    }
}
