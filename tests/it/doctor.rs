//! Every kind of damage is planted behind the house's back; the doctor finds each, and `reconcile` repairs what looking
//! again can repair.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use plass::domain::attempt::AttemptState;
use plass::domain::checkup::{Ailment, Remedy, check_attempt};
use plass::domain::ledger::LogLine;
use plass::domain::money::{Money, Ore};
use plass::domain::permission::Role;
use plass::domain::snapshot::{ProviderState, Snapshot};
use plass::flows::doctor::{Extent, examine, line};
use plass::flows::reconcile::reconcile;
use plass::store::conn::Conn;
use serde_json::json;

use crate::support::world::World;

impl World {
    async fn behind_its_back(&self, sqlite: &str, postgres: &str) {
        let (place, sqlite, postgres) = (self.database.place(), sqlite.to_owned(), postgres.to_owned());
        tokio::task::spawn_blocking(move || {
            let mut conn = Conn::open(&place).unwrap();
            let sql = if matches!(conn, Conn::Sqlite(_)) { sqlite } else { postgres };
            conn.batch_execute(&sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        })
        .await
        .unwrap();
    }

    pub(crate) async fn plant(&self, sql: &str) {
        self.behind_its_back(sql, sql).await;
    }

    /// What the doctor finds.
    async fn ails(&self, extent: Extent) -> BTreeSet<Ailment> {
        let found = examine(&self.app, extent).await.unwrap();
        assert_eq!(found.unanswered, 0);
        assert!(found.findings.iter().all(|finding| line(finding).contains(finding.ailment.advice())));
        found.findings.iter().map(|finding| finding.ailment).collect()
    }
}

/// Planted, found, and repaired by `reconcile`.
const REPAIRED: &[(Ailment, &str)] = &[
    (Ailment::SeatsMiscounted, "UPDATE events SET seats_held = seats_held + 1"),
    (Ailment::QueueMiscounted, "UPDATE events SET waiting = waiting + 1"),
    (Ailment::NumberDrawnTwice, "UPDATE events SET next_queue_no = 0"),
    (Ailment::LedgerDiffers, "DELETE FROM ledger WHERE kind = 'refunded' AND attempt_id IN (<ida>)"),
    (Ailment::LineMissing, "DELETE FROM ledger WHERE attempt_id IN (<ida>)"),
    (Ailment::StatusDiffers, "UPDATE orders SET status = 'CANCEL' WHERE status = 'CAPTURE'"),
    (Ailment::SeatWithoutMoney, "UPDATE attempts SET authorized = 0, captured = 0, refunded = 0 WHERE id IN (<ida>)"),
    (Ailment::ProviderShowsMore, "UPDATE attempts SET captured = 0, refunded = 0 WHERE id IN (<ida>)"),
    (
        Ailment::ParkedUnseen,
        "INSERT INTO outbox (id, kind, event_id, order_id, attempt_id, due_at, tries, parked_at, claimed_until, created_at) \
         SELECT id, 'capture', event_id, order_id, id, 1, 0, 5, 0, 1 FROM attempts WHERE id IN (<ida>)",
    ),
    // Whoever waits gets the seat, and has an open order from then on.
    (Ailment::SeatStaysFree, "UPDATE events SET seat_limit = seat_limit + 1"),
    (Ailment::NeverLookedAt, "UPDATE orders SET check_at = NULL WHERE status = 'INITIATE'"),
];

const EFFECT: &str = "INSERT INTO outbox (id, kind, event_id, order_id, attempt_id, due_at, tries, claimed_until, created_at) \
                      SELECT id, '<kind>', event_id, order_id, id, 1, 0, 9000000000000000, 1 FROM attempts WHERE id IN (<ida>)";
const NO_EFFECT: &str = "DELETE FROM outbox WHERE claimed_until = 9000000000000000";

/// Planted, found, and left to a person; here it is taken back.
const FOR_A_PERSON: &[(Ailment, &str, &str)] = &[
    (
        Ailment::SumsImpossible,
        "UPDATE attempts SET refunded = refunded + 100000 WHERE id IN (<ida>)",
        "UPDATE attempts SET refunded = refunded - 100000 WHERE id IN (<ida>)",
    ),
    (
        Ailment::ProviderShowsLess,
        "UPDATE attempts SET refunded = refunded + 1 WHERE id IN (<ida>)",
        "UPDATE attempts SET refunded = refunded - 1 WHERE id IN (<ida>)",
    ),
    (
        Ailment::LineInvented,
        "INSERT INTO ledger SELECT order_id, id, order_id, event_id, 'refunded', 'NOK', 1, 'nobody', NULL, 1, 1, FALSE \
         FROM attempts WHERE id IN (<ida>)",
        "DELETE FROM ledger WHERE provider_event = 'nobody'",
    ),
    (
        Ailment::ForeignCurrency,
        "UPDATE ledger SET currency = 'EUR' WHERE attempt_id IN (<ida>)",
        "UPDATE ledger SET currency = 'NOK'",
    ),
    (Ailment::RefundsDiffer, "UPDATE refunds SET amount = amount + 1", "UPDATE refunds SET amount = amount - 1"),
    (
        Ailment::MoneyWithoutSeat,
        "UPDATE registrations SET status = 'ended', ended_reason = 'removed' WHERE status = 'confirmed'",
        "UPDATE registrations SET status = 'confirmed', ended_reason = NULL WHERE status = 'ended'",
    ),
    (
        Ailment::PaidTooMuch,
        "UPDATE orders SET price = price - 20000 WHERE status = 'CAPTURE'",
        "UPDATE orders SET price = price + 20000 WHERE status = 'CAPTURE'",
    ),
    (
        Ailment::LookForgotten,
        "UPDATE orders SET check_at = check_at - 1000000000, claimed_until = 9000000000000000",
        "UPDATE orders SET check_at = check_at + 1000000000, claimed_until = 0",
    ),
    (
        Ailment::UnknownToProvider,
        "UPDATE attempts SET reference = reference || 'x' WHERE id IN (<ida>)",
        "UPDATE attempts SET reference = replace(reference, 'x', '')",
    ),
    (
        Ailment::EndDiffers,
        "UPDATE attempts SET state = 'aborted' WHERE id IN (<ida>)",
        "UPDATE attempts SET state = 'settled' WHERE id IN (<ida>)",
    ),
];

fn about_ida(sql: &str) -> String {
    let attempts = "SELECT a.id FROM attempts a JOIN users u ON u.id = a.user_id WHERE u.email = 'ida@example.org'";
    sql.replace("<ida>", attempts)
}

/// Two paid seats, one of them with a refund, and somebody who waits.
async fn sound_books() -> World {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 2).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    world.pays_for_a_seat(&world.person("ola").await, &event).await;
    assert_eq!(world.sign_up(&world.person("kari").await, &event).await.status, 201);
    let order = world.order_id(&ida, &event).await;
    let refund = world.refund(&admin, &order, &json!({ "amount": "10", "reason": "x" }), "key").await;
    assert_eq!(refund.status, 200, "{}", refund.text);
    world.settle().await;
    assert_eq!(world.ails(Extent::All).await, BTreeSet::new());
    let sqlite = "DROP TRIGGER ledger_keeps_its_lines; DROP TRIGGER ledger_keeps_all_lines; \
                  DROP TRIGGER trail_keeps_its_lines; DROP TRIGGER trail_keeps_all_lines";
    let postgres = "ALTER TABLE ledger DISABLE TRIGGER USER; ALTER TABLE trail DISABLE TRIGGER USER";
    world.behind_its_back(sqlite, postgres).await;
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_looking_again_can_repair_is_found_and_repaired() {
    let world = sound_books().await;
    for (ailment, sql) in REPAIRED {
        assert_ne!(ailment.remedy(), Remedy::Person, "{ailment:?}");
        world.plant(&about_ida(sql)).await;
        assert!(world.ails(Extent::All).await.contains(ailment), "{ailment:?}");
        let dry = reconcile(&world.app, Extent::All, true).await.unwrap();
        assert!(dry.after.is_none() && world.ails(Extent::All).await.contains(ailment), "{ailment:?} in a dry run");
        let after = reconcile(&world.app, Extent::All, false).await.unwrap().after.unwrap();
        world.settle().await;
        assert_eq!(after.findings, [], "{ailment:?}");
        assert_eq!(world.ails(Extent::All).await, BTreeSet::new(), "{ailment:?}");
        // Marked for a person, who resolves it.
        world.plant("UPDATE orders SET needs_attention = NULL; DELETE FROM outbox WHERE parked_at IS NOT NULL").await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_needs_a_person_is_found_and_left_alone() {
    let mut world = sound_books().await;
    let effects = [(Ailment::EffectForgotten, "capture"), (Ailment::CreateForNothing, "create")];
    let effects = effects.map(|(ailment, kind)| (ailment, EFFECT.replace("<kind>", kind), NO_EFFECT.to_owned()));
    let others = FOR_A_PERSON.iter().map(|(ailment, sql, back)| (*ailment, (*sql).to_owned(), (*back).to_owned()));
    for (ailment, sql, back) in others.chain(effects) {
        world.plant(&about_ida(&sql)).await;
        let found = world.ails(Extent::All).await;
        assert!(found.contains(&ailment), "{ailment:?} is not among {found:?}");
        world.plant(&about_ida(&back)).await;
        assert_eq!(world.ails(Extent::All).await, BTreeSet::new(), "{ailment:?} taken back");
    }
    world.plant("DELETE FROM trail").await;
    assert_eq!(world.ails(Extent::Offline).await, BTreeSet::from([Ailment::TrailMissing]));
    let left = reconcile(&world.app, Extent::Offline, false).await.unwrap().after.unwrap();
    assert!(left.findings.iter().all(|finding| finding.ailment == Ailment::TrailMissing));
    world.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_contradicts_itself_is_told() {
    let world = sound_books().await;
    let books = world.app.store.read(|tx| Ok(tx.books(None, 10)?)).await.unwrap();
    let (attempt, price) = (&books[0].0.case.attempts[0], books[0].0.case.order.price);
    assert_eq!(attempt.state, AttemptState::Settled);
    let (state, amounts) = (ProviderState::Authorized, attempt.amounts);
    let seen = Snapshot { state, currency: price.currency, price: price.amount, amounts, redirect_url: None };
    let log = LogLine {
        psp_reference: "psp".to_owned(),
        name: "AUTHORIZED".to_owned(),
        amount: Money { amount: Ore(1), ..price },
        at: attempt.created_at,
        idempotency_key: None,
        success: true,
    };
    let found = check_attempt(attempt, price, &Vec::new(), (Some(&seen), &[log]));
    assert!(found.iter().any(|finding| finding.ailment == Ailment::ProviderContradicts), "{found:?}");
    world.end().await;
}

#[test]
fn every_ailment_is_planted_here() {
    let mut planted: BTreeSet<Ailment> = REPAIRED.iter().map(|(ailment, _)| *ailment).collect();
    planted.extend(FOR_A_PERSON.iter().map(|(ailment, _, _)| *ailment));
    let others = [Ailment::EffectForgotten, Ailment::CreateForNothing, Ailment::TrailMissing];
    planted.extend(others.into_iter().chain([Ailment::ProviderContradicts]));
    assert_eq!(planted, Ailment::ALL.iter().copied().collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_provider_is_no_clean_bill() {
    let world = sound_books().await;
    world.provider_is_down("timeout_before").await;
    let found = examine(&world.app, Extent::Recent).await.unwrap();
    assert_eq!((found.payments, found.unanswered, found.findings.len()), (2, 2, 0));
    assert_eq!(examine(&world.app, Extent::Offline).await.unwrap().payments, 0);
    world.no_more_faults().await;
    world.end().await;
}
