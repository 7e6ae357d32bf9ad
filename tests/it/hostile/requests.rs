//! Requests that anybody can send, to every address there is: whoever sends them and whatever stands in them, each is
//! answered as the description says, and none is a 5xx. A new address is tried without a line here.

use plass::domain::permission::Role;
use proptest::prelude::*;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{any_text, check_all, runtime};
use crate::support::payments::ida_before_she_signs_up;
use crate::support::people::{Reply, read_json, whole_body};
use crate::support::world::{Person, World};

/// A request, before it is known where it goes.
#[derive(Clone, Debug)]
struct Sent {
    place: prop::sample::Index,
    who: prop::sample::Index,
    /// What stands for each parameter of the address; none where the real one does.
    ids: Vec<Option<String>>,
    query: Vec<(String, String)>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

const HEADERS: [&str; 9] = [
    "content-type",
    "idempotency-key",
    "accept",
    "accept-language",
    "if-none-match",
    "x-request-id",
    "x-forwarded-for",
    "origin",
    "cookie",
];

/// The names that bodies and queries are made of, so that some of them get further than the first look.
const NAMES: [&str; 28] = [
    "email",
    "password",
    "first_name",
    "last_name",
    "phone",
    "locale",
    "slug",
    "name",
    "kind",
    "role",
    "user_id",
    "group",
    "title",
    "organizer",
    "limit",
    "start_date",
    "end_date",
    "paid_information",
    "reason",
    "amount",
    "allow_photo",
    "cursor",
    "q",
    "status",
    "has_paid",
    "from",
    "refund",
    "dry_run",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any_text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(Value::from("2026-12-01T18:00:00+01:00")),
        Just(Value::from("250.00")),
        Just(Value::from("02:00")),
        Just(Value::from("sosialen")),
    ];
    leaf.prop_recursive(3, 16, 6, |inner| {
        let name = prop_oneof![4 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), 1 => any_text()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => json().prop_map(|value| value.to_string().into_bytes()),
        2 => prop::collection::vec(any::<u8>(), 0..200),
        1 => (json(), any::<prop::sample::Index>()).prop_map(|(value, cut)| {
            let text = value.to_string().into_bytes();
            text[..cut.index(text.len())].to_vec()
        }),
        1 => (1_usize..4_000).prop_map(|depth| "[".repeat(depth).into_bytes()),
        1 => (1_usize..1_500).prop_map(|depth| r#"{"a":"#.repeat(depth).into_bytes()),
        1 => Just(Vec::new()),
    ]
}

fn header() -> impl Strategy<Value = (&'static str, Vec<u8>)> {
    let value = prop_oneof![
        any_text().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..80),
        Just(b"application/json".to_vec()),
        Just(b"application/json; charset=utf-7".to_vec()),
        Just(b"application/merge-patch+json".to_vec()),
        Just(b"application/x-www-form-urlencoded".to_vec()),
        Just(b"text/html".to_vec()),
        Just(b"nb;q=2,en;q=-1,*;q=x".to_vec()),
    ];
    (prop::sample::select(HEADERS.to_vec()), value)
}

fn sent() -> impl Strategy<Value = Sent> {
    let name = prop_oneof![3 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), 1 => any_text()];
    (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::collection::vec(prop::option::weighted(0.3, any_text()), 3),
        prop::collection::vec((name, any_text()), 0..3),
        prop::collection::vec(header(), 0..4),
        body(),
    )
        .prop_map(|(place, who, ids, query, headers, body)| Sent { place, who, ids, query, headers, body })
}

/// What is sent to, and by whom.
struct Border {
    world: World,
    places: Vec<(String, String)>,
    people: Vec<Option<Person>>,
    /// The real value of each parameter.
    real: Vec<(&'static str, String)>,
}

impl Border {
    async fn begin() -> Self {
        let (world, event, ida) = ida_before_she_signs_up().await;
        let admin = world.officer("admin", Role::Admin).await;
        world.opens_a_payment(&ida, &event).await;
        let order = world.order_id(&ida, &event).await;
        let link = world.link(&ida, &event).await;
        let real = vec![
            ("{event_id}", event),
            ("{order_id}", order),
            ("{user_id}", ida.id.clone()),
            ("{slug}", "sosialen".to_owned()),
            ("{token}", link.rsplit('/').next().unwrap().to_owned()),
        ];
        let routes = plass::http::listed_routes().into_iter().chain(plass::http::listed_pages());
        let places = routes.flat_map(|(path, methods)| {
            methods.into_iter().map(move |method| (method.to_string(), path.clone())).collect::<Vec<_>>()
        });
        let places: Vec<_> = places.collect();
        assert!(places.len() > 80, "{} are not all", places.len());
        Self { world, places, people: vec![None, Some(ida), Some(admin)], real }
    }

    async fn send(&self, sent: &Sent) -> Reply {
        let (method, pattern) = sent.place.get(&self.places);
        let mut ids = sent.ids.iter();
        let parts = pattern.split('/').map(|part| {
            if !part.starts_with('{') {
                return part.to_owned();
            }
            let real = self.real.iter().find(|(name, _)| *name == part).map_or("x", |(_, real)| real.as_str());
            escaped(ids.next().and_then(Option::as_deref).filter(|id| !id.is_empty()).unwrap_or(real))
        });
        let path = parts.collect::<Vec<_>>().join("/");
        let query: Vec<String> =
            sent.query.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let request = self.world.client.request(method.parse().unwrap(), format!("{}{path}{query}", self.world.url()));
        let mut request = match sent.who.get(&self.people) {
            Some(who) => request.bearer_auth(&who.token),
            None => request,
        };
        for (name, value) in &sent.headers {
            // What no client can put on the wire is none of ours.
            if let Ok(value) = HeaderValue::from_bytes(value) {
                request = request.header(HeaderName::from_static(name), value);
            }
        }
        let request = request.body(sent.body.clone()).build().unwrap();
        let path = request.url().path().to_owned();
        let response = self.world.client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = whole_body(response).await;
        let json = read_json(&text);
        let reply = Reply { status, headers, text, json };
        let is_described = plass::http::listed_routes().iter().any(|(known, _)| known == pattern);
        if is_described && !wants_a_page(sent) {
            crate::described::assert_described(method, &path, &reply);
        }
        reply
    }
}

/// Problems are pages for whoever asks for pages.
fn wants_a_page(sent: &Sent) -> bool {
    sent.headers.iter().any(|(name, _)| *name == "accept")
}

fn escaped(text: &str) -> String {
    plass::http::pages::frame::url_escape(text)
}

#[test]
fn whatever_is_sent_anywhere_is_answered_as_described() {
    let runtime = runtime();
    let border = runtime.block_on(Border::begin());
    check_all(2_500, &sent(), |sent| {
        let reply = runtime.block_on(border.send(&sent));
        let (method, pattern) = sent.place.get(&border.places);
        assert!(reply.status < 500, "{method} {pattern}: {} {}", reply.status, reply.text);
        assert!(!reply.header("x-request-id").is_empty(), "{method} {pattern}");
    });
    runtime.block_on(async {
        assert_eq!(border.world.visit("GET", &format!("{}/health/ready", border.world.url())).await.status, 200);
        border.world.end().await;
    });
}

#[test]
fn a_cursor_is_the_lists_own_or_refused() {
    let runtime = runtime();
    let border = runtime.block_on(Border::begin());
    let admin = border.people[2].clone().unwrap();
    let lists = ["/users", "/groups", "/roles", "/grants", "/events", "/orders", "/me/orders", "/me/registrations"];
    let good = runtime.block_on(async {
        border.world.person("ola").await;
        let mut good = Vec::new();
        for list in lists {
            let page = border.world.get(&admin, &format!("{list}?limit=1")).await;
            assert_eq!(page.status, 200, "{list}");
            good.extend(page.json["next_cursor"].as_str().map(str::to_owned));
        }
        good
    });
    assert!(good.len() >= 2, "no list has a second page");
    let cursors = prop_oneof![
        any_text(),
        "[A-Za-z0-9_-]{0,200}",
        prop::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| {
            use base64::Engine;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
        }),
        (prop::sample::select(good.clone()), any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(good, place, byte)| {
                let mut bytes = good.into_bytes();
                let at = place.index(bytes.len());
                bytes[at] = b'A' + byte % 26;
                String::from_utf8(bytes).unwrap()
            }
        ),
        prop::sample::select(good),
    ];
    let inputs = (prop::sample::select(lists.to_vec()), cursors);
    check_all(600, &inputs, |(list, cursor)| {
        let path = format!("{list}?limit=2&cursor={}", escaped(&cursor));
        let reply = runtime.block_on(border.world.get(&admin, &path));
        let is_fine = reply.status == 200 || reply.refusal() == (400, "invalid_cursor");
        assert!(is_fine, "{path}: {} {}", reply.status, reply.text);
    });
    runtime.block_on(border.world.end());
}
