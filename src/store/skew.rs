//! How far the database's clock is from ours. Claims of two processes are compared by their clocks, so a server whose
//! clock is off is not ready.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::conn::Conn;
use super::{Stop, Store, StoreError};
use crate::domain::time::at_millis;

#[derive(QueryableByName)]
struct Moment {
    #[diesel(sql_type = BigInt)]
    millis: i64,
}

impl Store {
    /// How far the database's clock is ahead of ours. An embedded database has no clock of its own.
    pub async fn clock_skew(&self) -> Result<TimeDelta, Stop> {
        self.read(|reader| {
            let machine_now = reader.clock().machine_now();
            match &mut *reader.conn {
                Conn::Sqlite(_) => Ok(TimeDelta::zero()),
                Conn::Pg(conn) => {
                    let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS millis";
                    let there: Moment = diesel::sql_query(sql).get_result(conn).map_err(StoreError::from)?;
                    Ok(at_millis(there.millis) - machine_now)
                }
            }
        })
        .await
    }
}
