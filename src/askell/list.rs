//! Lists, page by page. Nobody wrote down whether the list of payments can be filtered, so a filter is only asked for,
//! and every line is compared here. "It is not there" is said only after the whole list was read.

use std::collections::BTreeSet;

use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::{Call, Caller, Kind};
use super::wire::{PaymentIn, Unreadable};
use crate::domain::ids::Reference;
use crate::vipps::ProviderError;
use crate::vipps::transport::segment;

/// The most pages of one list: some tens of thousands of payments.
const PAGES_MAX: usize = 500;

#[derive(Deserialize)]
#[serde(untagged)]
enum PageIn<T> {
    Bare(Vec<T>),
    Page {
        results: Vec<T>,
        #[serde(default)]
        next: Option<String>,
    },
}

/// One page: its lines, and the query of the next one.
async fn page<T: DeserializeOwned>(
    caller: &Caller,
    endpoint: &'static str,
    path: &str,
    query: &str,
) -> Result<(Vec<T>, Option<String>), ProviderError> {
    let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let call = Call { endpoint, kind: Kind::Reads, method: Method::GET, path, body: "" };
    match caller.call(&call).await?.read().map_err(|error| call.unreadable(&error))? {
        PageIn::Bare(lines) => Ok((lines, None)),
        PageIn::Page { results, next: None } => Ok((results, None)),
        PageIn::Page { results, next: Some(next) } => {
            // Only the query is taken from it: the key goes nowhere but to our own base.
            let next = Url::parse(&next).ok().and_then(|url| url.query().map(str::to_owned));
            let next = next.ok_or_else(|| call.unreadable(&Unreadable("the next page has no address".to_owned())))?;
            Ok((results, Some(next)))
        }
    }
}

/// The whole list at a path.
pub(super) async fn whole<T: DeserializeOwned>(
    caller: &Caller,
    endpoint: &'static str,
    path: &str,
) -> Result<Vec<T>, ProviderError> {
    let (mut lines, mut query) = (Vec::new(), String::new());
    for _ in 0..PAGES_MAX {
        let (more, next) = page(caller, endpoint, path, &query).await?;
        lines.extend(more);
        match next {
            Some(next) => query = next,
            None => return Ok(lines),
        }
    }
    Err(too_long())
}

/// The payment of this name; `None` once every line of the list was compared.
pub(super) async fn find(caller: &Caller, reference: &Reference) -> Result<Option<PaymentIn>, ProviderError> {
    let mut found: Option<PaymentIn> = None;
    let mut query = format!("reference={}", segment(reference.as_str()));
    let mut asked = BTreeSet::new();
    for _ in 0..PAGES_MAX {
        let (lines, next) = page::<PaymentIn>(caller, "GET payments", "/payments/", &query).await?;
        for line in lines.into_iter().filter(|line| line.is_of(reference)) {
            if found.as_ref().is_some_and(|known| known.uuid != line.uuid) {
                // Whoever made the second one, somebody may have been charged twice: nothing more is done by itself.
                tracing::error!(reference = reference.as_str(), "two payments have one reference: look in the portal");
                return Err(ProviderError::Unknown { reason: "two payments have one reference".to_owned() });
            }
            found = Some(line);
        }
        match next {
            Some(next) if asked.insert(next.clone()) => query = next,
            Some(_) => return Err(too_long()),
            None => return Ok(found),
        }
    }
    found.map(Some).ok_or_else(too_long)
}

/// A list without an end proves nothing.
fn too_long() -> ProviderError {
    ProviderError::Unavailable { reason: "the list has too many pages".to_owned(), retry_after: None }
}
