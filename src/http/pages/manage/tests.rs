//! The pages for organizers and treasurers in every state and in both languages: sound, complete, and not the same text
//! twice.

mod looks;
mod sent;
mod told;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Europe::Oslo;
use uuid::Uuid;

use super::Managed;
use super::voice::Voice;
use crate::domain::attempt::{Attempt, AttemptState};
use crate::domain::attention::{Attention, AttentionReason};
use crate::domain::charge::Charge;
use crate::domain::event::{Event, EventDetails, Occupancy, PaidInformation};
use crate::domain::flow::Flow;
use crate::domain::ids::{
    AttemptId, EventId, OrderId, Reference, RefundId, RegistrationId, SalesUnitId, SessionId, UserId,
};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::order::{Order, OrderStatus, Refund, RefundStatus};
use crate::domain::permission::{HeldRole, Role, Scope, Standing};
use crate::domain::registration::{Registration, Status};
use crate::domain::sales_unit::Provider;
use crate::domain::snapshot::Amounts;
use crate::domain::time::Timestamp;
use crate::domain::user::{Profile, User};
use crate::flows::page_session::PageCaller;
use crate::http::pages::Frame;
use crate::http::pages::frame::{Reader, Ways};
use crate::store::orders::OrderView;
use crate::store::registrations::RegistrationView;
use crate::words::Language;

/// What is the same in both languages: names, what people wrote, addresses, and words that are alike.
const SAME: &[&str] = &[
    "Julebord",
    "Ida Marie",
    "Nygård",
    "Studentforeningen",
    "Sosialen",
    "Status",
    "Oda",
    "@",
    "plass-",
    "https://",
    "kontant",
    "syk",
    "Vipps MobilePay",
    "Vipps eCom",
    "Áskell",
    "CREATED",
    "CAPTURED",
    "psp-",
    "Test",
];

fn now() -> Timestamp {
    "2026-12-01T10:00:00Z".parse().unwrap()
}

fn voice(language: Language) -> Voice {
    Voice { language, zone: Oslo, now: now() }
}

fn frame(language: Language, address: &str) -> Frame {
    let reader = Reader {
        name: "Oda".to_owned(),
        form_token: "token".to_owned(),
        manages: true,
        reads_orders: true,
        manages_settings: true,
    };
    Frame {
        language,
        organization: "Studentforeningen".to_owned(),
        home_url: None,
        address: address.to_owned(),
        ways: Some(Ways { reader: Some(reader), has_letters: false }),
        demo_clock: None,
        test_mode: false,
    }
}

fn price(ore: i64) -> Money {
    Money { amount: Ore(ore), currency: Currency::Nok }
}

fn event(is_paid: bool, limit: i64, held: i64, waiting: i64) -> Event {
    let paid = PaidInformation {
        price: price(25_000),
        paytime: TimeDelta::hours(2),
        promotion_paytime: TimeDelta::hours(12),
        sales_unit: None,
    };
    let details = EventDetails {
        title: "Julebord <b>".to_owned(),
        description: String::new(),
        location: String::new(),
        start_date: now() + TimeDelta::days(20),
        end_date: now() + TimeDelta::days(20) + TimeDelta::hours(4),
        organizer: "sosialen".to_owned(),
        limit,
        sign_up: true,
        closed: false,
        start_registration_at: None,
        end_registration_at: None,
        sign_off_deadline: None,
        refund_on_sign_off: false,
        paid_information: is_paid.then_some(paid),
        cancellation: None,
    };
    let occupancy = Occupancy { seats_held: held, waiting, next_queue_no: 1 };
    Event { id: EventId(Uuid::from_u128(1)), details, turn: 0, occupancy, created_at: now(), updated_at: now() }
}

fn managed(event: Event, role: Role) -> Managed {
    let user_id = UserId(Uuid::from_u128(9));
    let profile = Profile {
        email: "oda@example.org".to_owned(),
        first_name: "Oda".to_owned(),
        last_name: "Ravndal".to_owned(),
        phone: None,
        locale: "nb".to_owned(),
        allow_photo_by_default: true,
    };
    let user = User { id: user_id, profile, created_at: now(), updated_at: now() };
    let standing =
        Standing { user_id, memberships: Vec::new(), roles: vec![HeldRole { role, scope: Scope::Everywhere }] };
    Managed { caller: PageCaller { user, standing, session: SessionId(Uuid::nil()) }, event }
}

fn order(status: OrderStatus) -> Order {
    Order {
        id: OrderId(Uuid::from_u128(3)),
        registration_id: RegistrationId(Uuid::from_u128(2)),
        event_id: EventId(Uuid::from_u128(1)),
        user_id: UserId(Uuid::from_u128(4)),
        price: price(25_000),
        status,
        pay_token: "token".to_owned(),
        sale: status == OrderStatus::Sale,
        give_back_all: false,
        needs_attention: None,
        settled_elsewhere: None,
        sales_unit: SalesUnitId::HOUSE,
        test_mode: false,
        check_at: None,
        bells: 0,
        bells_heard: 0,
        looked_at: None,
        look_failures: 0,
        created_at: now(),
    }
}

fn view(status: Status, order_status: Option<OrderStatus>) -> RegistrationView {
    let registration = Registration {
        id: RegistrationId(Uuid::from_u128(2)),
        event_id: EventId(Uuid::from_u128(1)),
        user_id: UserId(Uuid::from_u128(4)),
        status,
        status_since: now() - TimeDelta::days(2),
        allow_photo: false,
        has_attended: false,
        created_by_admin: true,
        created_at: now() - TimeDelta::days(3),
    };
    RegistrationView {
        registration,
        first_name: "Ida Marie".to_owned(),
        last_name: "Nygård".to_owned(),
        is_paid_event: order_status.is_some(),
        order: order_status.map(order),
        wait_queue_number: status.is_waiting().then_some(7),
    }
}

/// An order with one attempt of these sums: authorized, captured, refunded, cancelled.
fn order_view(registration: Status, status: OrderStatus, sums: [i64; 4]) -> OrderView {
    let [authorized, captured, refunded, cancelled] = sums.map(Ore);
    let attempt = Attempt {
        id: AttemptId(Uuid::from_u128(5)),
        order_id: OrderId(Uuid::from_u128(3)),
        event_id: EventId(Uuid::from_u128(1)),
        user_id: UserId(Uuid::from_u128(4)),
        charge: Charge::default(),
        provider: Provider::VippsEpayment,
        flow: Flow::Web,
        provider_id: None,
        reference: Reference("plass-5".to_owned()),
        state: AttemptState::Settled,
        request_body: String::new(),
        create_key: String::new(),
        redirect_url: None,
        create_ended_at: None,
        session_began_at: None,
        opened_at: None,
        giving_up: false,
        paced_until: None,
        amounts: Amounts { authorized, captured, refunded, cancelled },
        created_at: now(),
    };
    OrderView {
        order: order(status),
        event_title: "Julebord <b>".to_owned(),
        first_name: "Ida Marie".to_owned(),
        last_name: "Nygård".to_owned(),
        registration,
        attempts: if status == OrderStatus::Sale { Vec::new() } else { vec![attempt] },
        refunds: Vec::new(),
    }
}

fn refund(ore: i64, status: RefundStatus) -> Refund {
    Refund {
        id: RefundId(Uuid::from_u128(6)),
        amount: Ore(ore),
        reason: "ble syk".to_owned(),
        status,
        refunded_before: None,
        requested_by: None,
        created_at: now(),
    }
}

fn attention(reason: AttentionReason) -> Option<Attention> {
    Some(Attention { reason, since: now() - TimeDelta::hours(3) })
}

/// The texts of a page, and what labels say.
fn texts(html: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for piece in html.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let label = tag.split_once("aria-label=\"").and_then(|(_, rest)| rest.split('"').next());
        found.extend([text, label.unwrap_or_default()].map(|text| text.trim().to_owned()));
    }
    found.retain(|text| text.chars().any(char::is_alphabetic));
    found
}

/// A page is sound when nothing that speaks is empty, it has one main heading, every field is labelled, every cell of a
/// head says what it heads, and every table what it lists.
#[track_caller]
fn check_sound(name: &str, html: &str) {
    assert_eq!(html.matches("<h1").count(), 1, "{name}");
    assert!(!html.contains(" style=") && !html.contains("<b>"), "{name}: {html}");
    for (start, _) in html.match_indices("<th") {
        let tag = &html[start..][..html[start..].find('>').unwrap()];
        assert!(tag.starts_with("<thead") || tag.contains("scope=\""), "{name}: {tag}");
    }
    assert_eq!(html.matches("<table").count(), html.matches("<caption").count(), "{name}");
    for tag in
        ["h1", "h2", "p", "a", "button", "label", "legend", "dt", "dd", "td", "th", "li", "caption", "option", "span"]
    {
        for (start, _) in html.match_indices(&format!("<{tag}")) {
            let (inside, after) = html[start + 1..].split_once('>').unwrap();
            let is_this_tag = inside.split([' ', '\n']).next() == Some(tag);
            assert!(
                !is_this_tag || !after.trim_start().starts_with(&format!("</{tag}>")),
                "{name}: an empty <{inside}>"
            );
        }
    }
    for field in ["<input", "<select"] {
        for (start, _) in html.match_indices(field) {
            let tag = &html[start..][..html[start..].find('>').unwrap()];
            let is_within_label = html[..start].rfind("<label") > html[..start].rfind("</label>");
            let id = tag.split_once(" id=\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
            let is_labelled = is_within_label || (!id.is_empty() && html.contains(&format!("for=\"{id}\"")));
            assert!(tag.contains("type=\"hidden\"") || is_labelled, "{name}: {tag}");
        }
    }
}

/// Renders a page in both languages: both sound, and no text the same in both but names.
#[track_caller]
fn check(name: &str, page: impl Fn(&Frame, Voice) -> String) {
    let [nb, en] = [Language::Nb, Language::En].map(|language| {
        let html = page(&frame(language, "/manage/events/1"), voice(language));
        assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())), "{name}");
        check_sound(name, &html);
        texts(&html)
    });
    assert!(nb.len() > 3 && en.len() > 3, "{name}");
    let alike: Vec<&String> =
        nb.intersection(&en).filter(|text| !SAME.iter().any(|same| text.contains(same))).collect();
    assert!(alike.is_empty(), "{name} says the same in both languages: {alike:?}");
}
