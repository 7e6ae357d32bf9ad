//! What was sent to a provider, and its own log beside ours: in every state, and every word of it.

use askama::Template;

use super::super::operations::{Asked, operations_page, stands, what};
use super::super::order_log::{log_page, moved};
use super::*;
use crate::domain::effect::EffectKind;
use crate::domain::ids::EffectId;
use crate::domain::ledger::{LogLine, MovementKind};
use crate::domain::operation::{KINDS, Operation, OperationState};
use crate::flows::read_log::OurLog;
use crate::flows::read_operations::Operations;
use crate::store::ledger::LedgerLine;

fn attempt() -> Attempt {
    order_view(Status::Confirmed, OrderStatus::Capture, [25_000, 25_000, 0, 0]).attempts.remove(0)
}

fn told(name: &str, success: bool) -> LogLine {
    LogLine {
        psp_reference: format!("psp-{name}"),
        name: name.to_owned(),
        amount: price(25_000),
        at: now() - TimeDelta::hours(1),
        idempotency_key: None,
        success,
    }
}

fn booked(kind: MovementKind, provider_event: &str) -> LedgerLine {
    LedgerLine {
        attempt: AttemptId(Uuid::from_u128(5)),
        order: OrderId(Uuid::from_u128(3)),
        kind,
        amount: price(25_000),
        provider_event: provider_event.to_owned(),
        provider_key: None,
        happened_at: now() - TimeDelta::hours(1),
        recorded_at: now(),
        elsewhere: kind == MovementKind::Refunded,
    }
}

fn our_log(provider: Option<Vec<LogLine>>, ledger: Vec<LedgerLine>) -> OurLog {
    OurLog { attempt: attempt(), price: price(25_000), provider, ledger }
}

#[test]
fn both_logs_of_an_order() {
    let whole = vec![told("CREATED", true), told("AUTHORIZED", true), told("CAPTURED", false), told("CAPTURED", true)];
    let both = vec![booked(MovementKind::Authorized, "psp-AUTHORIZED"), booked(MovementKind::Captured, "psp-CAPTURED")];
    let more = vec![booked(MovementKind::Authorized, "psp-AUTHORIZED"), booked(MovementKind::Refunded, "psp-x")];
    for (logs, nb) in [
        (Vec::new(), "Ingen betaling er laget"),
        (vec![our_log(Some(Vec::new()), Vec::new())], "Ingen linjer."),
        (vec![our_log(Some(whole.clone()), both.clone())], "Loggene stemmer."),
        (vec![our_log(Some(whole), more)], "Noe står bare det ene stedet."),
        (vec![our_log(None, both), our_log(None, Vec::new())], "Vipps svarte ikke."),
    ] {
        check(nb, |frame, voice| {
            let name = "Ida Marie Nygård".to_owned();
            let page = log_page(frame, (name, "Julebord"), "/manage/orders/3".to_owned(), &logs, voice);
            let html = page.render().unwrap();
            assert!(voice.language != Language::Nb || html.contains(nb), "{nb}: {html}");
            html
        });
    }
}

#[test]
fn everything_that_was_sent() {
    let unit = SalesUnitId::HOUSE;
    let mut rows = Vec::new();
    for (number, (kind, state)) in
        KINDS.into_iter().flat_map(|kind| OperationState::ALL.map(|state| (kind, state))).enumerate()
    {
        let is_over = !matches!(state, OperationState::Waiting | OperationState::Unanswered);
        rows.push(Operation {
            id: EffectId(Uuid::from_u128(number.try_into().unwrap())),
            kind,
            state,
            amount: (kind != EffectKind::Close).then_some(Ore(25_000)),
            currency: Currency::Nok,
            order: OrderId(Uuid::from_u128(3)),
            event: EventId(Uuid::from_u128(1)),
            event_title: "Julebord <b>".to_owned(),
            organizer: "sosialen".to_owned(),
            sales_unit: unit,
            provider: if number % 2 == 0 { Provider::VippsEpayment } else { Provider::Askell },
            reference: "plass-5".to_owned(),
            attempt: AttemptState::Settled,
            test_mode: number % 3 == 0,
            wanted_at: now() - TimeDelta::hours(2),
            tries: (number % 4 != 0).then_some(2),
            next_try_at: (!is_over).then(now),
            ended_at: is_over.then(now),
        });
    }
    let names = [(unit, "Sosialen".to_owned()), (SalesUnitId(Uuid::from_u128(8)), "Sosialen 2".to_owned())].into();
    let narrowed = Asked {
        state: Some(OperationState::Done),
        kind: Some(EffectKind::Capture),
        provider: Some(Provider::Askell),
        sales_unit: Some(unit),
        order: Some(OrderId(Uuid::from_u128(3))),
    };
    let full = Operations { rows, unit_names: names, everywhere: true };
    for asked in [Asked::default(), narrowed] {
        for found in [&full, &Operations::default()] {
            check(&format!("{asked:?} {}", found.rows.len()), |frame, voice| {
                let mut page = operations_page(frame, &asked, found, voice);
                page.is_continued = true;
                page.next_path = Some("b".to_owned());
                page.render().unwrap()
            });
        }
    }
}

#[test]
fn every_word_of_it_is_said_in_both_languages_and_once() {
    for language in [Language::Nb, Language::En] {
        let states: BTreeSet<String> =
            OperationState::ALL.into_iter().map(|state| stands(state, voice(language)).text).collect();
        assert_eq!(states.len(), OperationState::ALL.len());
        let kinds: BTreeSet<&str> = KINDS
            .into_iter()
            .flat_map(|kind| Provider::ALL.map(|provider| what(kind, provider, voice(language))))
            .collect();
        // A card is charged where a payment is made elsewhere.
        assert_eq!(kinds.len(), KINDS.len() + 1);
        let moves: BTreeSet<&str> = MovementKind::ALL.into_iter().map(|kind| moved(kind, voice(language))).collect();
        assert_eq!(moves.len(), MovementKind::ALL.len());
    }
}
