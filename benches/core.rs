//! The rules that stand in the way of every request, without a database or a network: `cargo bench`.

use chrono::TimeDelta;
use divan::{Bencher, counter::ItemsCount};
use plass::domain::admission::{Applicant, Door, admit};
use plass::domain::attempt::{Attempt, AttemptState, Sighting};
use plass::domain::charge::Charge;
use plass::domain::event::{EventDetails, Occupancy};
use plass::domain::flow::Flow;
use plass::domain::ids::{AttemptId, EventId, OrderId, Reference, RegistrationId, SalesUnitId, UserId};
use plass::domain::money::{Currency, Money, Ore, parse_amount};
use plass::domain::order::{Order, OrderStatus};
use plass::domain::registration::{Registration, Status};
use plass::domain::sales_unit::Provider;
use plass::domain::settlement::{Case, settle};
use plass::domain::snapshot::{Amounts, ProviderState, Snapshot};
use plass::domain::time::{Timestamp, at_millis};
use plass::vipps::signature::{SignedRequest, sign, verify};
use uuid::Uuid;

/// Counts allocations beside the time.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

fn noon() -> Timestamp {
    at_millis(1_780_000_000_000)
}

const PRICE: Money = Money { amount: Ore(25_000), currency: Currency::Nok };

fn event() -> EventDetails {
    EventDetails {
        title: "Immatrikuleringsball".to_owned(),
        description: String::new(),
        location: String::new(),
        start_date: noon() + TimeDelta::days(30),
        end_date: noon() + TimeDelta::days(31),
        organizer: "sosialen".to_owned(),
        limit: 50,
        sign_up: true,
        closed: false,
        start_registration_at: Some(noon()),
        end_registration_at: None,
        sign_off_deadline: None,
        refund_on_sign_off: false,
        paid_information: None,
        cancellation: None,
    }
}

/// So many press in the same instant, for fifty seats.
#[divan::bench(args = [1, 256, 20_000])]
fn admission(bencher: Bencher<'_, '_>, people: usize) {
    let (event, now) = (event(), noon());
    let applicants = vec![Applicant { already_registered: false, door: Door::Own }; people];
    bencher.counter(ItemsCount::new(people)).bench(|| {
        let mut occupancy = Occupancy { next_queue_no: 1, ..Occupancy::default() };
        admit(&event, &mut occupancy, &applicants, now)
    });
}

/// The payer approved: the seat is confirmed, and the money is asked for.
#[divan::bench]
fn settlement(bencher: Bencher<'_, '_>) {
    let (case, now) = (case(), noon() + TimeDelta::minutes(3));
    let seen = Snapshot {
        state: ProviderState::Authorized,
        currency: PRICE.currency,
        price: PRICE.amount,
        amounts: Amounts { authorized: PRICE.amount, ..Amounts::default() },
        redirect_url: None,
    };
    let sightings = case.attempts.iter().map(|attempt| Sighting {
        attempt: attempt.id,
        asked_at: now,
        seen: Some(seen.clone()),
        moved: Vec::new(),
    });
    let sightings: Vec<Sighting> = sightings.collect();
    bencher.with_inputs(|| case.clone()).bench_values(|case| settle(case, &sightings, now));
}

fn case() -> Case {
    let (id, now) = (Uuid::from_u128(1), noon());
    let registration = Registration {
        id: RegistrationId(id),
        event_id: EventId(id),
        user_id: UserId(id),
        status: Status::AwaitingPayment { payment_expiredate: now + TimeDelta::hours(2) },
        status_since: now,
        allow_photo: true,
        has_attended: false,
        created_by_admin: false,
        created_at: now,
    };
    let order = Order {
        id: OrderId(id),
        registration_id: registration.id,
        event_id: registration.event_id,
        user_id: registration.user_id,
        price: PRICE,
        sales_unit: SalesUnitId::HOUSE,
        test_mode: false,
        status: OrderStatus::Initiate,
        pay_token: "token".to_owned(),
        sale: false,
        give_back_all: false,
        needs_attention: None,
        settled_elsewhere: None,
        check_at: Some(now),
        bells: 1,
        bells_heard: 1,
        looked_at: Some(now),
        look_failures: 0,
        created_at: now,
    };
    let attempt = Attempt {
        id: AttemptId(id),
        order_id: order.id,
        event_id: order.event_id,
        user_id: order.user_id,
        provider: Provider::VippsEpayment,
        flow: Flow::Web,
        charge: Charge::default(),
        reference: Reference::of("plass", AttemptId(id)),
        provider_id: None,
        state: AttemptState::Open,
        request_body: String::new(),
        create_key: "key".to_owned(),
        redirect_url: Some("https://pay.example".to_owned()),
        create_ended_at: Some(now),
        session_began_at: Some(now),
        opened_at: Some(now),
        giving_up: false,
        paced_until: None,
        amounts: Amounts::default(),
        created_at: now,
    };
    Case { registration, order, attempts: vec![attempt], refunds: vec![], effects: vec![], ledger: vec![] }
}

/// A price as a frontend writes it.
#[divan::bench(args = ["250", "99.50"])]
fn an_amount(text: &str) -> bool {
    parse_amount(divan::black_box(text)).is_ok()
}

/// A webhook's signature over a body of one KiB.
#[divan::bench]
fn a_signature(bencher: Bencher<'_, '_>) {
    let (url, date, body, secret) = ("https://x.no/webhooks/vipps", "Thu, 30 Mar 2023 08:38:32 GMT", [7; 1_024], "s");
    let signed = sign(url, date, &body, secret);
    let secrets = [secret.to_owned()];
    bencher.bench(|| {
        signed.as_ref().is_some_and(|signed| {
            let (content_sha256, authorization) = (signed.content_sha256.as_str(), signed.authorization.as_str());
            verify(&SignedRequest { registered_url: url, date, content_sha256, authorization, body: &body }, &secrets)
        })
    });
}
