//! Lists in pages. A cursor is the key of the last row one saw, so rows added meanwhile never make one appear twice or
//! vanish. A query parameter that the list does not know is refused.

use std::future::{Ready, ready};

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, web};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::{ApiError, Malformed};
use super::public::Said;
use super::read::read_query;
use crate::domain::fault::Fault;
use crate::flows::app::App;

/// How many rows a page has unless the client says otherwise.
const LIMIT_DEFAULT: i64 = 25;
/// How many rows a page has at most.
const LIMIT_MAX: i64 = 100;
/// No cursor of ours is longer.
const CURSOR_LENGTH_MAX: usize = 1_024;

/// Which page of a list is asked for, and what else the query says.
pub struct Page<Q = NoFilter> {
    /// How many rows at most.
    pub limit: i64,
    /// What else the query says.
    pub filter: Q,
    cursor: Option<String>,
    /// The address of this list without limit and cursor, to write the next one's.
    address: String,
}

/// A list without filters.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilter {}

impl<Q> Page<Q> {
    /// How many rows to fetch: one more than wanted tells that there is more.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Where this page begins, as the query says it; empty on the first.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// The key of the last row that the client saw.
    pub fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ApiError> {
        self.cursor.as_deref().map(read_cursor).transpose()
    }

    /// The rows that belong on this page, and the cursor of the next one if there is any.
    pub fn cut<R, K: Serialize>(&self, mut rows: Vec<R>, key: impl Fn(&R) -> K) -> (Vec<R>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|last| write_cursor(&key(last)));
        (rows, next)
    }

    /// The answer: the rows that belong on this page, and where the next one begins.
    pub fn answer<R, K: Serialize>(
        &self,
        rows: Vec<R>,
        write: impl Fn(&R) -> Value,
        key: impl Fn(&R) -> K,
    ) -> HttpResponse {
        let said = self.said(rows, write, key);
        let mut response = HttpResponse::Ok();
        if let Some(link) = said.link {
            response.insert_header((header::LINK, link));
        }
        response.json(said.body)
    }

    /// The same, for an answer that everybody gets.
    pub(super) fn said<R, K: Serialize>(
        &self,
        rows: Vec<R>,
        write: impl Fn(&R) -> Value,
        key: impl Fn(&R) -> K,
    ) -> Said {
        let (rows, next) = self.cut(rows, key);
        let results: Vec<Value> = rows.iter().map(write).collect();
        let link =
            next.as_ref().map(|next| format!("<{}limit={}&cursor={next}>; rel=\"next\"", self.address, self.limit));
        Said { body: json!({ "results": results, "next_cursor": next }), link }
    }
}

impl<Q: DeserializeOwned> FromRequest for Page<Q> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let public_url = request.app_data::<web::Data<App>>().map(|app| app.settings.public_url.clone());
        let path = format!("{}{}", public_url.unwrap_or_default(), request.path());
        ready(read_page(&path, request.query_string()))
    }
}

fn read_page<Q: DeserializeOwned>(path: &str, query: &str) -> Result<Page<Q>, ApiError> {
    let (mut limit, mut cursor, mut rest) = (None, None, Vec::new());
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let slot = match name {
            "limit" => &mut limit,
            "cursor" => &mut cursor,
            _ => {
                rest.push(part);
                continue;
            }
        };
        if slot.replace(value.to_owned()).is_some() {
            return Err(ApiError::bad_query(name, Fault::Twice));
        }
    }
    let rest = rest.join("&");
    let filter = read_query(&rest)?;
    let limit = limit.as_deref().map_or(Ok(LIMIT_DEFAULT), read_limit)?;
    let address = if rest.is_empty() { format!("{path}?") } else { format!("{path}?{rest}&") };
    Ok(Page { limit, filter, cursor, address })
}

fn read_limit(text: &str) -> Result<i64, ApiError> {
    let plain = !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let limit = if plain { text.parse().ok() } else { None };
    limit.filter(|limit| (1..=LIMIT_MAX).contains(limit)).ok_or(ApiError::Malformed(Malformed::Limit))
}

fn read_cursor<K: DeserializeOwned>(text: &str) -> Result<K, ApiError> {
    let broken = || ApiError::Malformed(Malformed::Cursor);
    if text.len() > CURSOR_LENGTH_MAX {
        return Err(broken());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_alphabet| broken())?;
    // PostgreSQL keeps no NUL in a text, so no cursor of ours has one.
    if bytes.windows(6).any(|part| part == br"\u0000") {
        return Err(broken());
    }
    serde_json::from_slice(&bytes).map_err(|_shape| broken())
}

fn write_cursor<K: Serialize>(key: &K) -> String {
    // Keys are numbers, ids and slugs: they are always JSON.
    URL_SAFE_NO_PAD.encode(serde_json::to_string(key).unwrap_or_default())
}

/// The query of a request that is no list, read strictly.
pub struct Query<Q>(pub Q);

impl<Q: DeserializeOwned> FromRequest for Query<Q> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(read_query(request.query_string()).map(Self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        organizer: Option<String>,
        open: Option<bool>,
    }

    #[track_caller]
    fn check(query: &str, code: &str) {
        let read = read_page::<Filter>("/x", query).map(|page| page.limit);
        assert_eq!(read.map_err(|error| error.code()), Err(code), "{query}");
    }

    #[test]
    fn queries_are_read_strictly() {
        for (query, limit) in [("", 25), ("limit=1", 1), ("limit=100&open=true", 100), ("organizer=a%20b", 25)] {
            assert_eq!(read_page::<Filter>("/x", query).unwrap().limit, limit, "{query}");
        }
        for query in ["limit=0", "limit=101", "limit=", "limit=x", "limit=+5", "limit=1.5", "limit=-1"] {
            check(query, "invalid_limit");
        }
        for query in ["color=red", "open=maybe", "open=true&open=true", "limit=1&limit=1", "organizer=%00"] {
            check(query, "invalid_query");
        }
    }

    #[test]
    fn cursors_come_back_as_they_went() {
        let id = uuid::Uuid::from_u128(7);
        let text = write_cursor(&(5_i64, id));
        assert_eq!(read_cursor::<(i64, uuid::Uuid)>(&text).unwrap(), (5, id));
        for broken in ["", "x", "bm90IGpzb24", &"A".repeat(2_000), &write_cursor(&"another list")] {
            let read = read_cursor::<(i64, uuid::Uuid)>(broken);
            assert_eq!(read.map_err(|error| error.code()), Err("invalid_cursor"), "{broken}");
        }
    }

    #[test]
    fn the_next_page_keeps_the_filters() {
        let page = read_page::<Filter>("https://x.no/e", "limit=1&organizer=a&cursor=b&open=true").unwrap();
        assert_eq!((page.filter.organizer.as_deref(), page.filter.open), (Some("a"), Some(true)));
        let answer = page.answer(vec![1, 2], |row| json!(row), |row| *row);
        let link = answer.headers().get(header::LINK).unwrap().to_str().unwrap().to_owned();
        assert_eq!(link, "<https://x.no/e?organizer=a&open=true&limit=1&cursor=MQ>; rel=\"next\"");
    }
}
