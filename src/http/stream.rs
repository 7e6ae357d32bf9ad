//! What changes, told as it changes: server-sent events, so that frontends need not ask again and again. Changes that
//! follow each other quickly are told together, and a slow listener misses what was out of date anyway.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Bytes;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Answered;
use super::error::ApiError;
use super::public::{Public, Written};
use crate::clock::{Stopwatch, sleep};
use crate::domain::refusal::Refusal;
use crate::flows::app::App;

/// What time itself changes, or another process, is seen this late.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A line of nothing keeps the connection open, and shows us who has gone.
const BREATH: Duration = Duration::from_secs(15);

/// Tells what `read` answers, and again whenever that changes, but not twice within `apart`. Ends when there is nothing
/// to read any more, when the reader may not, and when the process stops.
pub(super) async fn follow<R, F>(app: &App, public: &Public, apart: Duration, read: R) -> Answered
where
    R: Fn() -> F + 'static,
    F: Future<Output = Result<Arc<Written>, ApiError>> + 'static,
{
    let versions = app.store.watch_events();
    let first = read().await?;
    let listener = Listener {
        read,
        apart,
        versions,
        closing: app.signals.watch_closing(),
        told: first.tag.clone(),
        quiet: Stopwatch::start(),
        _place: public.listen()?,
    };
    let frames = stream::unfold((listener, Some(frame(&first))), async |(mut listener, first)| {
        let frame = match first {
            Some(first) => first,
            None => listener.next().await?,
        };
        listener.quiet = Stopwatch::start();
        Some((Ok::<Bytes, actix_web::Error>(frame), (listener, None)))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Proxies pass it on at once.
        .insert_header(("X-Accel-Buffering", "no"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(frames))
}

fn frame(written: &Written) -> Bytes {
    Bytes::from([b"data: ".as_slice(), &written.body, b"\n\n"].concat())
}

struct Listener<R> {
    read: R,
    apart: Duration,
    versions: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    told: String,
    quiet: Stopwatch,
    _place: OwnedSemaphorePermit,
}

impl<R, F> Listener<R>
where
    R: Fn() -> F,
    F: Future<Output = Result<Arc<Written>, ApiError>>,
{
    /// What to send next; nothing at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            tokio::select! {
                _closed = self.closing.wait_for(|closing| *closing) => return None,
                changed = self.versions.changed() => {
                    changed.ok()?;
                    sleep(self.apart.saturating_sub(self.quiet.elapsed())).await;
                    self.versions.mark_unchanged();
                }
                () = sleep(LOOK_AGAIN.max(self.apart)) => {}
            }
            match (self.read)().await {
                Ok(written) if self.told != written.tag => {
                    self.told = written.tag.clone();
                    return Some(frame(&written));
                }
                Err(ApiError::Refused(Refusal::NotFound | Refusal::Unauthenticated)) => return None,
                // Nothing new, or the database is in trouble: who listens is only shown that we are here.
                Ok(_) | Err(_) if self.quiet.elapsed() > BREATH => return Some(Bytes::from_static(b":\n\n")),
                Ok(_) | Err(_) => {}
            }
        }
    }
}
