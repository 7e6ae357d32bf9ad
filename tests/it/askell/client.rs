//! What the client of Áskell sends, and what it makes of answers.

use std::time::Duration;

use plass::askell::payments::{Askell, AskellSettings};
use plass::domain::ids::{PaymentId, Reference};
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::snapshot::ProviderState;
use plass::vipps::{Created, PaymentProvider, ProviderError};

use crate::vipps_client::server::{Reply, Request, Server, answer};

fn client(server: &Server) -> Askell {
    Askell::new(&AskellSettings {
        base_url: format!("{}askell/api", server.base_url()),
        api_key: "private-key".to_owned(),
        payment_processor: "test".to_owned(),
        timeout: Duration::from_millis(500),
        connect_timeout: Duration::from_millis(500),
        calls_at_once: 2,
    })
    .unwrap()
}

fn payment(id: Option<&str>) -> PaymentId {
    PaymentId { reference: Reference("plass-1".to_owned()), provider_id: id.map(str::to_owned) }
}

fn told(uuid: &str, reference: &str, state: &str) -> String {
    format!(
        r#"{{"uuid":"{uuid}","amount":"1000.0000","currency":"ISK","description":"x","reference":"{reference}","state":"{state}",
            "created_at":"2026-08-03T10:00:00Z","updated_at":"2026-08-03T10:00:00Z","transactions":[]}}"#
    )
}

fn kind<T>(result: &Result<T, ProviderError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(ProviderError::Refused { .. }) => "refused",
        Err(ProviderError::Unavailable { .. }) => "unavailable",
        Err(ProviderError::Unknown { .. }) => "unknown",
    }
}

#[tokio::test]
async fn a_charge_carries_its_key_and_its_body_byte_for_byte() {
    let server = Server::always(answer(201, &told("u-1", "plass-1", "pending")));
    let created = client(&server).create(&payment(None), r#"{"amount": "1000.0000"}"#, "ignored").await.unwrap();
    assert_eq!(created, Created { redirect_url: None, provider_id: Some("u-1".to_owned()) });
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].line, "POST /askell/api/payments/ HTTP/1.1");
    assert_eq!(seen[0].header("authorization"), Some("Api-Key private-key"));
    assert_eq!(seen[0].body, r#"{"amount": "1000.0000"}"#);
    assert_eq!(seen[0].header("idempotency-key"), None);
}

#[tokio::test]
async fn an_answer_that_does_not_tell_is_unknown_and_never_repeated() {
    let broken = b"HTTP/1.1 201 X\r\nContent-Length: 100\r\n\r\n{".to_vec();
    for (reply, expected) in [
        (answer(500, ""), "unknown"),
        (answer(408, "{}"), "unknown"),
        (answer(201, "<html>"), "unknown"),
        (answer(201, &told("u-1", "another", "pending")), "unknown"),
        (Reply::Bytes(broken), "unknown"),
        (Reply::Bytes(Vec::new()), "unknown"),
        (Reply::Silence, "unknown"),
        (answer(400, r#"{"customer_reference":["x"]}"#), "refused"),
        (answer(401, r#"{"detail":"no"}"#), "unavailable"),
        (answer(429, r#"{"detail":"slow down"}"#), "unavailable"),
    ] {
        let server = Server::always(reply);
        let result = client(&server).create(&payment(None), "{}", "").await;
        assert_eq!(kind(&result), expected, "{result:?}");
        assert_eq!(server.seen().len(), 1, "{result:?}");
    }
}

fn pages(request: &Request) -> Reply {
    let line = |uuid: &str, reference: &str| told(uuid, reference, "settled");
    if request.line.contains("page=3") {
        return answer(200, &format!(r#"{{"next":null,"results":[{}]}}"#, line("u-3", "plass-1")));
    }
    let page = if request.line.contains("page=2") { 3 } else { 2 };
    // The next page is said to be elsewhere: the key does not follow.
    let next = format!("https://elsewhere.example/steal/?page={page}");
    answer(200, &format!(r#"{{"next":"{next}","results":[{}]}}"#, line(&format!("u-{page}0"), "plass-10")))
}

#[tokio::test]
async fn a_payment_is_looked_for_through_the_whole_list() {
    let server = Server::start(pages);
    let found = client(&server).find(&payment(None)).await.unwrap().unwrap();
    assert_eq!(found.provider_id.as_deref(), Some("u-3"));
    let lines: Vec<String> = server.seen().iter().map(|request| request.line.clone()).collect();
    assert_eq!(
        lines,
        [
            "GET /askell/api/payments/?reference=plass-1 HTTP/1.1",
            "GET /askell/api/payments/?page=2 HTTP/1.1",
            "GET /askell/api/payments/?page=3 HTTP/1.1",
        ]
    );
}

#[tokio::test]
async fn absence_is_said_only_after_the_whole_list() {
    let bare = Server::always(answer(200, &format!("[{}]", told("u-1", "plass-10", "settled"))));
    assert!(client(&bare).find(&payment(None)).await.unwrap().is_none());
    for (reply, expected) in [
        (answer(500, "{}"), "unavailable"),
        (answer(200, "{}"), "unknown"),
        (answer(404, "<h1>Not Found</h1>"), "unavailable"),
        // A list that leads back to itself has no end.
        (answer(200, r#"{"next":"http://x/?page=1","results":[]}"#), "unavailable"),
        // Two payments under one name: a person looks.
        (
            answer(200, &format!("[{},{}]", told("u-1", "plass-1", "settled"), told("u-2", "plass-1", "failed"))),
            "unknown",
        ),
    ] {
        let server = Server::always(reply);
        let result = client(&server).find(&payment(None)).await;
        assert_eq!(kind(&result), expected, "{result:?}");
    }
}

#[tokio::test]
async fn a_payment_is_read_by_its_own_id() {
    let server = Server::always(answer(200, &told("u-1", "plass-1", "failed")));
    let seen = client(&server).get(&payment(Some("u-1"))).await.unwrap().unwrap();
    assert_eq!((seen.state, seen.price), (ProviderState::Failed, Ore(100_000)));
    assert_eq!(server.seen()[0].line, "GET /askell/api/payments/u-1/ HTTP/1.1");
    let gone = Server::always(answer(404, r#"{"detail":"Not found."}"#));
    assert_eq!(client(&gone).get(&payment(Some("u-1"))).await.unwrap(), None);
}

#[tokio::test]
async fn all_of_it_is_given_back_by_an_empty_call_or_nothing_is() {
    let server = Server::always(answer(200, &told("u-1", "plass-1", "settled")));
    let all = Money { amount: Ore(100_000), currency: Currency::Isk };
    client(&server).refund(&payment(Some("u-1")), all, "").await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[1].line, "POST /askell/api/payments/u-1/refund/ HTTP/1.1");
    assert_eq!(seen[1].body, "");
    let part = Money { amount: Ore(50_000), ..all };
    let result = client(&server).refund(&payment(Some("u-1")), part, "").await;
    assert_eq!(kind(&result), "refused");
    let posted = server.seen().iter().filter(|request| request.line.starts_with("POST")).count();
    assert_eq!(posted, 1);
    // What an earlier call did unheard is not done again.
    let done = Server::always(answer(200, &told("u-1", "plass-1", "refunded")));
    client(&done).refund(&payment(Some("u-1")), all, "").await.unwrap();
    assert_eq!(done.seen().len(), 1);
}

#[tokio::test]
async fn what_askell_does_not_have_is_refused_without_a_call() {
    let server = Server::always(answer(200, "{}"));
    let (client, amount) = (client(&server), Money { amount: Ore(100), currency: Currency::Isk });
    assert_eq!(kind(&client.capture(&payment(Some("u")), amount, "").await), "refused");
    assert_eq!(kind(&client.close(&payment(Some("u")), "").await), "refused");
    assert_eq!(kind(&client.release(&payment(Some("u")), "").await), "refused");
    assert!(server.seen().is_empty());
}
