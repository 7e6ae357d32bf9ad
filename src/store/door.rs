//! Codes at the door and who waits for a scan, as rows. What a scan starts is decided elsewhere.

use diesel::prelude::*;

use super::StoreError;
use super::columns::{millis, opt_moment, sales_unit_id};
use super::conn::each_backend;
use super::schema::{door_codes, door_waits};
use super::tx::{EventTx, Reader, Tx};
use super::uid::Key;
use crate::domain::door::{DoorCode, Wait};
use crate::domain::ids::{AttemptId, OrderId, SalesUnitId, WaitId};
use crate::domain::time::{Timestamp, at_millis};

#[derive(Queryable, Insertable)]
#[diesel(table_name = door_codes)]
struct CodeRow {
    sales_unit: String,
    id: String,
    location: String,
    content: String,
    created_at: i64,
    scanned_at: Option<i64>,
}

impl TryFrom<CodeRow> for DoorCode {
    type Error = StoreError;
    fn try_from(row: CodeRow) -> Result<Self, StoreError> {
        Ok(Self {
            unit: sales_unit_id(&row.sales_unit)?,
            id: row.id,
            location: row.location,
            content: row.content,
            created_at: at_millis(row.created_at),
            scanned_at: opt_moment(row.scanned_at),
        })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = door_waits)]
struct WaitRow {
    id: Key,
    sales_unit: String,
    code: String,
    event_id: Key,
    order_id: Key,
    asked_by: Key,
    began_at: i64,
    ends_at: i64,
    ended_at: Option<i64>,
    attempt_id: Option<Key>,
}

impl TryFrom<WaitRow> for Wait {
    type Error = StoreError;
    fn try_from(row: WaitRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            unit: sales_unit_id(&row.sales_unit)?,
            code: row.code,
            event: row.event_id.into(),
            order: row.order_id.into(),
            asked_by: row.asked_by.into(),
            began_at: at_millis(row.began_at),
            ends_at: at_millis(row.ends_at),
            attempt: row.attempt_id.map(AttemptId::from),
        })
    }
}

impl Reader<'_> {
    /// The codes of a sales unit, by where they hang.
    pub fn door_codes(&mut self, unit: SalesUnitId) -> Result<Vec<DoorCode>, StoreError> {
        let rows: Vec<CodeRow> = door_codes::table
            .filter(door_codes::sales_unit.eq(unit.to_string()))
            .order((door_codes::location, door_codes::id))
            .load(self.conn)?;
        rows.into_iter().map(DoorCode::try_from).collect()
    }

    /// One code of a sales unit.
    pub fn door_code(&mut self, unit: SalesUnitId, id: &str) -> Result<Option<DoorCode>, StoreError> {
        let row: Option<CodeRow> = door_codes::table.find((unit.to_string(), id)).first(self.conn).optional()?;
        row.map(DoorCode::try_from).transpose()
    }

    /// True when a sales unit has any code.
    pub fn has_door_codes(&mut self, unit: SalesUnitId) -> Result<bool, StoreError> {
        let own = door_codes::table.filter(door_codes::sales_unit.eq(unit.to_string()));
        Ok(diesel::select(diesel::dsl::exists(own)).get_result(self.conn)?)
    }

    /// Who waits at a code, also when the wait is over and nobody said so.
    pub fn wait_at(&mut self, unit: SalesUnitId, code: &str) -> Result<Option<Wait>, StoreError> {
        let row: Option<WaitRow> = door_waits::table
            .filter(door_waits::sales_unit.eq(unit.to_string()))
            .filter(door_waits::code.eq(code))
            .filter(door_waits::ended_at.is_null())
            .first(self.conn)
            .optional()?;
        row.map(Wait::try_from).transpose()
    }

    /// Where somebody waits for this order to be paid, also when the wait is over and nobody said so.
    pub fn wait_for(&mut self, order: OrderId) -> Result<Option<Wait>, StoreError> {
        let row: Option<WaitRow> = door_waits::table
            .filter(door_waits::order_id.eq(Key::from(order)))
            .filter(door_waits::ended_at.is_null())
            .first(self.conn)
            .optional()?;
        row.map(Wait::try_from).transpose()
    }
}

impl Tx<'_> {
    /// Saves a code as it is at the provider; when it was scanned last stays.
    pub fn put_door_code(&mut self, code: &DoorCode) -> Result<(), StoreError> {
        let row = CodeRow {
            sales_unit: code.unit.to_string(),
            id: code.id.clone(),
            location: code.location.clone(),
            content: code.content.clone(),
            created_at: millis(code.created_at),
            scanned_at: None,
        };
        let insert = diesel::insert_into(door_codes::table).values(row);
        each_backend!(&mut *self.conn, c => insert.on_conflict_do_nothing().execute(c))?;
        diesel::update(door_codes::table.find((code.unit.to_string(), code.id.clone())))
            .set((door_codes::location.eq(code.location.clone()), door_codes::content.eq(code.content.clone())))
            .execute(self.conn)?;
        Ok(())
    }

    /// Forgets a code that is gone.
    pub fn delete_door_code(&mut self, unit: SalesUnitId, id: &str) -> Result<(), StoreError> {
        diesel::delete(door_codes::table.find((unit.to_string(), id))).execute(self.conn)?;
        Ok(())
    }

    /// Notes that a code was scanned; false when it is not ours.
    pub fn note_scan(&mut self, unit: SalesUnitId, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let noted = diesel::update(door_codes::table.find((unit.to_string(), id)))
            .set(door_codes::scanned_at.eq(millis(at)))
            .execute(self.conn)?;
        Ok(noted > 0)
    }

    /// Ends a wait; with the payment that a scan started, if one did.
    pub fn end_wait(&mut self, id: WaitId, attempt: Option<AttemptId>) -> Result<(), StoreError> {
        let now = millis(self.now());
        diesel::update(door_waits::table.find(Key::from(id)))
            .set((door_waits::ended_at.eq(now), door_waits::attempt_id.eq(attempt.map(Key::from))))
            .execute(self.conn)?;
        Ok(())
    }
}

impl EventTx<'_> {
    /// Saves a new wait. Those before it at the same code and for the same order must have ended.
    pub fn insert_wait(&mut self, wait: &Wait) -> Result<(), StoreError> {
        let row = WaitRow {
            id: wait.id.into(),
            sales_unit: wait.unit.to_string(),
            code: wait.code.clone(),
            event_id: wait.event.into(),
            order_id: wait.order.into(),
            asked_by: wait.asked_by.into(),
            began_at: millis(wait.began_at),
            ends_at: millis(wait.ends_at),
            ended_at: None,
            attempt_id: None,
        };
        diesel::insert_into(door_waits::table).values(row).execute(self.conn)?;
        Ok(())
    }
}
