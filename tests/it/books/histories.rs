//! Thousands of payments that never were, as the test remembers them and as the house has them in its ledger.

use chrono::TimeDelta;
use plass::domain::attempt::{Attempt, AttemptState};
use plass::domain::event::{Event, EventDetails, Occupancy};
use plass::domain::flow::Flow;
use plass::domain::group::{Group, GroupKind};
use plass::domain::ids::{AgreementId, AttemptId, EventId, OrderId, Reference, RegistrationId, SalesUnitId, UserId};
use plass::domain::ledger::{Movement, MovementKind};
use plass::domain::money::{Currency, Money, Ore};
use plass::domain::order::{Order, OrderStatus};
use plass::domain::registration::{EndedReason, Registration, Status};
use plass::domain::sales_unit::{Agreement, Environment, Provider, SalesUnit};
use plass::domain::snapshot::Amounts;
use plass::domain::time::Timestamp;
use plass::flows::app::App;
use plass::store::Stop;
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use uuid::Uuid;

/// One line as the test itself remembers it.
pub(super) struct Known {
    pub(super) at: Timestamp,
    pub(super) kind: MovementKind,
    pub(super) amount: Ore,
    pub(super) event: usize,
    pub(super) unit: usize,
    pub(super) test_mode: bool,
}

const ORDERS: usize = 3_000;
const EVENTS: usize = 12;
pub(super) const GROUPS: [&str; 3] = ["arrkom", "bedkom", "sosialen"];
/// The units, the house's own first.
const UNITS: usize = 3;

struct Luck(TestRunner);

impl Luck {
    fn below(&mut self, many: i64) -> i64 {
        (0..many).new_tree(&mut self.0).unwrap().current()
    }

    fn number(&mut self, many: usize) -> usize {
        (0..many).new_tree(&mut self.0).unwrap().current()
    }

    fn later(&mut self, at: Timestamp, within: TimeDelta) -> Timestamp {
        at + TimeDelta::milliseconds(self.below(within.num_milliseconds()))
    }
}

/// Histories of payments over two years: reserved, then taken, in part or not at all, the rest let go, and given back in
/// parts. Some are not real, and some stand where they are.
pub(super) fn histories(seed: u8, begin: Timestamp) -> Vec<Vec<Known>> {
    let mut luck =
        Luck(TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32])));
    let mut all = Vec::new();
    for _ in 0..ORDERS {
        let (event, unit, test_mode) = (luck.number(EVENTS), luck.number(UNITS), luck.below(5) == 0);
        let mut lines = Vec::new();
        let mut add = |at, kind, amount| lines.push(Known { at, kind, amount: Ore(amount), event, unit, test_mode });
        let mut at = luck.later(begin, TimeDelta::days(2 * 365));
        let price = 100 + luck.below(100_000);
        add(at, MovementKind::Authorized, price);
        let taken = [0, price, price / 3][luck.number(3)];
        for (kind, amount) in [(MovementKind::Captured, taken), (MovementKind::Cancelled, price - taken)] {
            at = luck.later(at, TimeDelta::days(40));
            if amount == 0 || luck.below(4) == 0 {
                continue;
            }
            add(at, kind, amount);
            let mut left = if kind == MovementKind::Captured { amount } else { 0 };
            while left > 0 && luck.below(2) == 0 {
                let back = 1 + luck.below(left);
                at = luck.later(at, TimeDelta::days(1));
                add(at, MovementKind::Refunded, back);
                left -= back;
            }
        }
        all.push(lines);
    }
    all
}

/// Groups, events and units for them.
pub(super) async fn stage(app: &App) -> (Vec<EventId>, Vec<SalesUnitId>) {
    let (clock, now) = (app.clock.clone(), app.clock.now());
    let events: Vec<EventId> = (0..EVENTS).map(|_| EventId(clock.id())).collect();
    let units: Vec<SalesUnitId> =
        [SalesUnitId::HOUSE].into_iter().chain((1..UNITS).map(|_| SalesUnitId(clock.id()))).collect();
    let (ids, of_units) = (events.clone(), units.clone());
    let saved: Result<(), Stop> = app
        .store
        .change(move |tx| {
            for slug in GROUPS {
                let (slug, name) = (slug.to_owned(), slug.to_uppercase());
                let kind = GroupKind::Committee;
                tx.insert_group(&Group {
                    slug,
                    name,
                    kind,
                    members_may_manage: false,
                    created_at: now,
                    updated_at: now,
                })?;
            }
            for (number, id) in ids.iter().enumerate() {
                tx.insert_event(&event(*id, number, now))?;
            }
            for (number, unit) in of_units.iter().enumerate().skip(1) {
                let agreement = AgreementId(tx.clock().id());
                tx.insert_agreement(&Agreement {
                    id: agreement,
                    display_name: format!("Agreement {number}"),
                    provider: Provider::VippsEpayment,
                    environment: Environment::Production,
                    disabled: false,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                })?;
                tx.insert_sales_unit(&SalesUnit {
                    id: *unit,
                    display_name: format!("Unit {number}"),
                    merchant_serial_number: format!("10000{number}"),
                    agreement,
                    group: None,
                    is_default: false,
                    disabled: false,
                    created_at: now,
                    updated_at: now,
                })?;
            }
            Ok(())
        })
        .await;
    saved.unwrap();
    (events, units)
}

fn event(id: EventId, number: usize, now: Timestamp) -> Event {
    let details = EventDetails {
        title: format!("Event {number}"),
        description: String::new(),
        location: String::new(),
        start_date: now,
        end_date: now + TimeDelta::hours(4),
        organizer: GROUPS[number % GROUPS.len()].to_owned(),
        limit: 0,
        sign_up: true,
        closed: false,
        start_registration_at: None,
        end_registration_at: None,
        sign_off_deadline: None,
        refund_on_sign_off: false,
        paid_information: None,
        cancellation: None,
    };
    let occupancy = Occupancy { next_queue_no: 1, ..Occupancy::default() };
    Event { id, details, turn: 0, occupancy, created_at: now, updated_at: now }
}

/// Books the histories, each as an order of its own.
pub(super) async fn keep(app: &App, user: UserId, histories: &[Vec<Known>], events: &[EventId], units: &[SalesUnitId]) {
    for (number, event) in events.iter().enumerate() {
        let of_event = histories.iter().filter(|lines| lines[0].event == number);
        let orders: Vec<(Order, Vec<Movement>)> =
            of_event.map(|lines| (order(app, user, *event, units[lines[0].unit], lines), movements(lines))).collect();
        let saved: Result<(), Stop> = app
            .store
            .write(*event, move |tx| {
                for (order, movements) in &orders {
                    tx.insert_registration(&ended(order))?;
                    tx.insert_order(order)?;
                    let attempt = settled(order);
                    tx.insert_attempt(&attempt)?;
                    assert_eq!(tx.book(&attempt, Currency::Nok, movements)?.len(), movements.len());
                    assert!(tx.book(&attempt, Currency::Nok, movements)?.is_empty(), "nothing is booked twice");
                }
                Ok(())
            })
            .await;
        saved.unwrap();
    }
}

fn movements(lines: &[Known]) -> Vec<Movement> {
    let one = |line: &Known| Movement {
        kind: line.kind,
        amount: line.amount,
        at: line.at,
        provider_event: Uuid::new_v4().to_string(),
        provider_key: None,
        elsewhere: false,
    };
    lines.iter().map(one).collect()
}

fn order(app: &App, user: UserId, event: EventId, unit: SalesUnitId, lines: &[Known]) -> Order {
    Order {
        id: OrderId(app.clock.id()),
        registration_id: RegistrationId(app.clock.id()),
        event_id: event,
        user_id: user,
        price: Money { amount: lines[0].amount, currency: Currency::Nok },
        sales_unit: unit,
        test_mode: lines[0].test_mode,
        status: OrderStatus::Capture,
        pay_token: app.clock.id().to_string(),
        sale: false,
        give_back_all: false,
        needs_attention: None,
        settled_elsewhere: None,
        check_at: None,
        bells: 0,
        bells_heard: 0,
        looked_at: None,
        look_failures: 0,
        created_at: lines[0].at,
    }
}

fn ended(order: &Order) -> Registration {
    Registration {
        id: order.registration_id,
        event_id: order.event_id,
        user_id: order.user_id,
        status: Status::Ended(EndedReason::Unpaid),
        status_since: order.created_at,
        allow_photo: true,
        has_attended: false,
        created_by_admin: false,
        created_at: order.created_at,
    }
}

fn settled(order: &Order) -> Attempt {
    Attempt {
        id: AttemptId(order.id.0),
        order_id: order.id,
        event_id: order.event_id,
        user_id: order.user_id,
        charge: plass::domain::charge::Charge::default(),
        provider: Provider::VippsEpayment,
        flow: Flow::Web,
        provider_id: None,
        reference: Reference::of("plass", AttemptId(order.id.0)),
        state: AttemptState::Settled,
        request_body: String::new(),
        create_key: order.id.to_string(),
        redirect_url: None,
        create_ended_at: None,
        session_began_at: None,
        opened_at: None,
        giving_up: false,
        paced_until: None,
        amounts: Amounts::default(),
        created_at: order.created_at,
    }
}
