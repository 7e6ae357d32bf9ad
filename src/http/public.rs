//! Answers that are the same for everybody. They are written once and shown until a committed change of any event, or
//! for a second at most: changes of another process are seen that late, and so is what time itself opens and ends.
//! Whoever shows the tag of an answer again is told in a line that it still holds.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::future::Cache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Answered;
use super::error::ApiError;
use crate::domain::refusal::Refusal;
use crate::flows::app::App;

/// How many bytes are kept.
const BYTES_MAX: u64 = 16 << 20;
/// What an answer costs beside its body.
const BYTES_AROUND: usize = 512;
/// How many may listen to what changes, all together.
const LISTENERS_MAX: usize = 10_000;
/// Nothing longer is worth keeping: nobody asks for it twice.
const ADDRESS_LENGTH_MAX: usize = 512;

/// An answer was read under all of these: when one of them moves, another answer takes its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    version: u64,
    domain_second: i64,
    machine_second: i64,
    address: String,
}

/// What a handler has to say.
pub(crate) struct Said {
    /// The body.
    pub(super) body: Value,
    /// Where the next page is.
    pub(super) link: Option<String>,
}

/// How it goes out.
pub(super) struct Written {
    /// The body.
    pub(super) body: Bytes,
    /// Changes with the body.
    pub(super) tag: String,
    link: Option<String>,
}

/// The answers that one server keeps.
pub(crate) struct Public {
    answers: Cache<Seen, Arc<Written>>,
    listeners: Arc<Semaphore>,
}

impl Default for Public {
    fn default() -> Self {
        let weight = |seen: &Seen, written: &Arc<Written>| {
            u32::try_from(seen.address.len() + written.body.len() + BYTES_AROUND).unwrap_or(u32::MAX)
        };
        Self {
            answers: Cache::builder().max_capacity(BYTES_MAX).weigher(weight).build(),
            listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
        }
    }
}

impl Public {
    /// What is known under this address, or else what `say` has to say; those who ask for the same meanwhile wait for
    /// its one answer.
    pub(super) async fn read(
        &self,
        app: &App,
        address: &str,
        say: impl Future<Output = Result<Said, ApiError>>,
    ) -> Result<Arc<Written>, ApiError> {
        if address.len() > ADDRESS_LENGTH_MAX {
            return Ok(write(say.await?));
        }
        let seen = Seen {
            version: app.store.events_version(),
            domain_second: app.clock.now().timestamp(),
            machine_second: app.clock.machine_now().timestamp(),
            address: address.to_owned(),
        };
        self.answers.try_get_with(seen, async { Ok(write(say.await?)) }).await.map_err(shared)
    }

    /// A place for somebody who listens to what changes.
    pub(super) fn listen(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let place = Arc::clone(&self.listeners).try_acquire_owned();
        place.map_err(|_full| ApiError::Refused(Refusal::Overloaded))
    }

    /// Answers a request with it.
    pub(super) async fn show(
        &self,
        app: &App,
        request: &HttpRequest,
        say: impl Future<Output = Result<Said, ApiError>>,
    ) -> Answered {
        let address = request.uri().path_and_query().map_or("", |address| address.as_str());
        let written = self.read(app, address, say).await?;
        let is_known = knows(request, &written.tag);
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response.insert_header((header::ETAG, written.tag.as_str()));
        // It may be kept, and must be asked about each time.
        response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-cache")));
        if let Some(link) = &written.link {
            response.insert_header((header::LINK, link.as_str()));
        }
        if is_known {
            return Ok(response.finish());
        }
        Ok(response.content_type("application/json").body(written.body.clone()))
    }
}

/// Writes what is not kept.
pub(super) fn write(said: Said) -> Arc<Written> {
    let body = Bytes::from(said.body.to_string());
    let digest = Sha256::digest(&body);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.get(..16).unwrap_or_default()));
    Arc::new(Written { body, tag, link: said.link })
}

/// True when the request shows this tag. RFC 9110, 13.1.2: any of several, weak or strong, or a star.
pub(super) fn knows(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known).as_bytes() == tag.as_bytes())
}

// What went wrong is told in full to one; the others who waited with it may come again.
fn shared(error: Arc<ApiError>) -> ApiError {
    Arc::try_unwrap(error).unwrap_or_else(|error| match &*error {
        ApiError::Refused(refusal) => ApiError::Refused(refusal.clone()),
        ApiError::Malformed(malformed) => ApiError::Malformed(malformed.clone()),
        ApiError::MethodNotAllowed { .. }
        | ApiError::TooLarge
        | ApiError::NotJson
        | ApiError::Trouble(_)
        | ApiError::Unavailable { .. }
        | ApiError::Bug(_) => ApiError::Refused(Refusal::Overloaded),
    })
}
