//! A handful of connections, handed out in order of arrival. A connection whose transaction could not be undone is
//! thrown away. Nothing here runs a query.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::StoreError;
use super::conn::{Conn, Place};

/// Connections to one database.
#[derive(Clone)]
pub(super) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    place: Place,
    size: u16,
    // Tokio's semaphore serves in order of arrival: with one permit it is the writer's queue.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Conn>>,
}

/// A borrowed connection; it goes back when dropped, unless it was spoiled.
pub(super) struct Lease {
    pool: Arc<Inner>,
    conn: Option<Conn>,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(super) fn new(place: Place, size: u16) -> Self {
        let permits = Arc::new(Semaphore::new(usize::from(size)));
        Self { inner: Arc::new(Inner { place, size, permits, idle: Mutex::default() }) }
    }

    /// Waits until every connection has come back, and lends none any more.
    pub(super) async fn close(&self) {
        // Who closes a second time finds it closed: that is what was wanted.
        let all = self.inner.permits.acquire_many(u32::from(self.inner.size)).await;
        self.inner.permits.close();
        drop(all);
    }

    /// Waits for a place in the line; the connection itself is opened on the blocking side, see [`Lease::conn`].
    pub(super) async fn lease(&self) -> Result<Lease, StoreError> {
        let permit = Arc::clone(&self.inner.permits).acquire_owned().await.map_err(|_closed| StoreError::Closed)?;
        let conn = self.inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Ok(Lease { pool: Arc::clone(&self.inner), conn, _permit: permit })
    }
}

impl Lease {
    /// The connection, opened now if there is none yet. Blocks.
    pub(super) fn conn(&mut self) -> Result<&mut Conn, StoreError> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let mut conn = Conn::open(&self.pool.place)?;
                // The one that writes alone touches every index of every row.
                if self.pool.size == 1 {
                    conn.keep_more_pages()?;
                }
                conn
            }
        };
        Ok(self.conn.insert(conn))
    }

    /// Throws the connection away.
    pub(super) fn spoil(&mut self) {
        self.conn = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(conn) = self.conn.take() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}
