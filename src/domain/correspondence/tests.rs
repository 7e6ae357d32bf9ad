//! Which letters are due and which are moot, as tables.

use uuid::Uuid;

use super::super::attempt::tests::attempt_in;
use super::super::attempt::{AttemptState, End};
use super::super::event::Cancellation;
use super::super::event::tests::event_in;
use super::super::ids::{EventId, OrderId, RefundId, RegistrationId, SalesUnitId, UserId};
use super::super::letter::Change;
use super::super::money::Currency;
use super::super::order::{OrderStatus, Refund};
use super::super::time::at_millis;
use super::*;

fn now() -> Timestamp {
    at_millis(1_800_000_000_000)
}

const NOK_250: Money = Money { amount: Ore(25_000), currency: Currency::Nok };

fn registration(status: Status, created_by_admin: bool) -> Registration {
    Registration {
        id: RegistrationId(Uuid::nil()),
        event_id: EventId(Uuid::nil()),
        user_id: UserId(Uuid::nil()),
        status,
        status_since: now(),
        allow_photo: true,
        has_attended: false,
        created_by_admin,
        created_at: now(),
    }
}

fn order(sale: bool) -> Order {
    Order {
        id: OrderId(Uuid::nil()),
        registration_id: RegistrationId(Uuid::nil()),
        event_id: EventId(Uuid::nil()),
        user_id: UserId(Uuid::nil()),
        price: NOK_250,
        status: OrderStatus::Initiate,
        pay_token: "t0ken".to_owned(),
        sale,
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

const WAITS: Status = Status::Waitlisted { queue_no: 1 };

fn held() -> Status {
    Status::AwaitingPayment { payment_expiredate: now() + TimeDelta::hours(2) }
}

/// The letter about a seat in a few words: what it is, and what tells it from others of its kind.
fn told(before: Option<Status>, after: Status, sale: Option<bool>) -> String {
    let registration = registration(after, true);
    let order = sale.map(order);
    let change = SeatChange {
        before,
        registration: &registration,
        order: order.as_ref(),
        money: Amounts::default(),
        somebody_is_next: true,
        reason: "no snow",
    };
    let Some(news) = of_seat(&change) else { return "nothing".to_owned() };
    let json = serde_json::to_value(&news).unwrap();
    let marks = ["/paid/way", "/by_organizer", "/left", "/reason"];
    let marks = marks.iter().filter_map(|mark| json.pointer(mark)).map(|mark| match mark.as_str() {
        Some(word) => word.to_owned(),
        None => mark.to_string(),
    });
    [json["news"].as_str().unwrap().to_owned()].into_iter().chain(marks).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_change_of_a_seat_is_worth_its_letter() {
    let ended = Status::Ended;
    for (before, after, sale, expected) in [
        (None, WAITS, None, "on_waiting_list true"),
        (None, held(), Some(false), "pay_before true"),
        (None, Status::Confirmed, None, "seat_confirmed true"),
        (None, Status::Confirmed, Some(true), "seat_confirmed outside true"),
        (Some(WAITS), held(), Some(false), "seat_from_waiting_list"),
        (Some(WAITS), Status::Confirmed, None, "seat_from_waiting_list"),
        (Some(WAITS), Status::Confirmed, Some(true), "seat_confirmed outside false"),
        (Some(held()), Status::Confirmed, Some(false), "seat_confirmed vipps false"),
        (Some(held()), Status::Confirmed, Some(true), "seat_confirmed outside false"),
        (Some(held()), ended(EndedReason::Unpaid), Some(false), "seat_lost_unpaid"),
        (Some(WAITS), ended(EndedReason::Withdrawn), None, "signed_off queue"),
        (Some(held()), ended(EndedReason::Withdrawn), Some(false), "signed_off held_seat"),
        (Some(Status::Confirmed), ended(EndedReason::Removed), Some(false), "removed seat"),
        (Some(WAITS), ended(EndedReason::EventCancelled), None, "event_cancelled queue no snow"),
        (Some(Status::Confirmed), ended(EndedReason::EventCancelled), None, "event_cancelled seat no snow"),
    ] {
        assert_eq!(told(before, after, sale), expected, "{before:?} to {after:?}");
    }
}

#[test]
fn what_stays_as_it_is_is_worth_no_letter() {
    for status in [WAITS, held(), Status::Confirmed, Status::Ended(EndedReason::Withdrawn)] {
        assert_eq!(told(Some(status), status, Some(false)), "nothing", "{status:?}");
    }
}

#[track_caller]
fn check_money(sale: Option<bool>, money: Amounts, expected: MoneyThen) {
    let registration = registration(Status::Ended(EndedReason::Withdrawn), false);
    let order = sale.map(order);
    let before = Some(Status::Confirmed);
    let change = SeatChange {
        before,
        registration: &registration,
        order: order.as_ref(),
        money,
        somebody_is_next: false,
        reason: "",
    };
    assert_eq!(of_seat(&change), Some(News::SignedOff { left: Left::Seat, money: expected }));
}

fn amounts(authorized: i64, captured: i64, refunded: i64, cancelled: i64) -> Amounts {
    let [authorized, captured, refunded, cancelled] = [authorized, captured, refunded, cancelled].map(Ore);
    Amounts { authorized, captured, refunded, cancelled }
}

#[test]
fn who_leaves_hears_what_becomes_of_the_money() {
    let money = |amount| Money { amount: Ore(amount), currency: Currency::Nok };
    check_money(None, Amounts::default(), MoneyThen::NothingOwed);
    check_money(Some(false), Amounts::default(), MoneyThen::NothingPaid);
    check_money(Some(false), amounts(25_000, 0, 0, 0), MoneyThen::Reserved { amount: money(25_000) });
    check_money(Some(false), amounts(25_000, 25_000, 0, 0), MoneyThen::OnItsWay { amount: money(25_000) });
    check_money(Some(false), amounts(25_000, 25_000, 4_000, 0), MoneyThen::OnItsWay { amount: money(21_000) });
    check_money(Some(false), amounts(25_000, 25_000, 25_000, 0), MoneyThen::BackAlready);
    check_money(Some(true), amounts(25_000, 25_000, 0, 0), MoneyThen::Outside { amount: money(25_000) });
    check_money(Some(true), amounts(25_000, 25_000, 25_000, 0), MoneyThen::BackAlready);
}

fn case(status: Status, sale: bool, state: AttemptState, amounts: Amounts, recorded: &[i64]) -> Case {
    let mut attempt = attempt_in(state);
    attempt.amounts = amounts;
    let refunds = recorded.iter().map(|amount| Refund {
        id: RefundId(Uuid::nil()),
        amount: Ore(*amount),
        reason: String::new(),
        status: RefundStatus::Done,
        refunded_before: None,
        requested_by: None,
        created_at: now(),
    });
    Case {
        registration: registration(status, false),
        order: order(sale),
        attempts: vec![attempt],
        refunds: refunds.collect(),
        effects: vec![],
        ledger: vec![],
    }
}

#[test]
fn money_that_went_back_is_told_once_and_as_what_it_was() {
    let (seat, settled) = (Status::Confirmed, AttemptState::Settled);
    let gone = Status::Ended(EndedReason::Withdrawn);
    let refunded = |amount, way, keeps_seat| {
        let amount = Money { amount: Ore(amount), currency: Currency::Nok };
        vec![News::Refunded { amount, way, keeps_seat }]
    };
    let paid = amounts(25_000, 25_000, 0, 0);
    let paid_case = case(seat, false, settled, paid, &[]);
    let part = case(seat, false, settled, amounts(25_000, 25_000, 4_000, 0), &[]);
    assert_eq!(of_money(&paid_case, &paid_case), vec![]);
    assert_eq!(of_money(&paid_case, &part), refunded(4_000, Way::Vipps, true));
    assert_eq!(of_money(&part, &part), vec![]);
    let all = case(gone, false, settled, amounts(25_000, 25_000, 25_000, 0), &[]);
    assert_eq!(of_money(&part, &all), refunded(21_000, Way::Vipps, false));

    let reserved = case(gone, false, AttemptState::Authorized, amounts(25_000, 0, 0, 0), &[]);
    let let_go = case(gone, false, settled, amounts(25_000, 0, 0, 25_000), &[]);
    assert_eq!(of_money(&reserved, &let_go), vec![News::ReservationReleased { amount: NOK_250 }]);
    let open = case(gone, false, AttemptState::Open, Amounts::default(), &[]);
    let closed = case(gone, false, AttemptState::Dead(End::Terminated), amounts(0, 0, 0, 25_000), &[]);
    assert_eq!(of_money(&open, &closed), vec![], "nobody approved it: no money moved");

    let nothing = Amounts::default();
    let sale = case(seat, true, settled, nothing, &[]);
    let noted = case(seat, true, settled, nothing, &[10_000]);
    assert_eq!(of_money(&sale, &noted), refunded(10_000, Way::Outside, true));
    assert_eq!(of_money(&noted, &noted), vec![]);
    let left = case(gone, true, settled, nothing, &[10_000, 15_000]);
    assert_eq!(of_money(&noted, &left), vec![], "the letter about the seat says it");
}

fn payment_due(remind_in: Option<i64>) -> PaymentDue {
    PaymentDue {
        price: NOK_250,
        payment_expiredate: now() + TimeDelta::hours(2),
        pay_token: "t0ken".to_owned(),
        remind_at: remind_in.map(|minutes| now() + TimeDelta::minutes(minutes)),
    }
}

/// Every kind of letter.
fn all_news() -> Vec<News> {
    let (left, money, due) = (Left::Seat, MoneyThen::NothingOwed, payment_due(Some(60)));
    vec![
        News::SeatConfirmed { paid: None, by_organizer: false },
        News::SeatFromWaitingList { due: None },
        News::PayBefore { due: due.clone(), by_organizer: false },
        News::SeatFromWaitingList { due: Some(due.clone()) },
        News::PaymentReminder { due },
        News::OnWaitingList { by_organizer: false },
        News::EventChanged { changes: vec![] },
        News::SeatLostUnpaid { to_next_in_line: true },
        News::SignedOff { left, money },
        News::Removed { left, money },
        News::Refunded { amount: NOK_250, way: Way::Vipps, keeps_seat: true },
        News::ReservationReleased { amount: NOK_250 },
        News::EventCancelled { reason: String::new(), left, money },
    ]
}

#[test]
fn who_was_told_to_pay_is_reminded_once() {
    let letter = |news| Letter {
        user_id: UserId(Uuid::nil()),
        event_id: EventId(Uuid::nil()),
        registration_id: RegistrationId(Uuid::nil()),
        news,
    };
    for news in all_news() {
        let expected = if let News::PayBefore { due, .. } | News::SeatFromWaitingList { due: Some(due) } = &news {
            let reminder = letter(News::PaymentReminder { due: due.clone() });
            Some((reminder, now() + TimeDelta::minutes(60)))
        } else {
            None
        };
        assert_eq!(follows(&letter(news), now()), expected);
    }
    for (remind_in, sent_in) in [(None, 0), (Some(60), 60), (Some(60), 90)] {
        let news = News::PayBefore { due: payment_due(remind_in), by_organizer: false };
        assert_eq!(follows(&letter(news), now() + TimeDelta::minutes(sent_in)), None, "{remind_in:?} {sent_in}");
    }
}

/// Which letters go while the registration stands like this: one character for each kind, `-` where it is dropped.
fn sent(status: Status, minutes: i64, is_cancelled: bool) -> String {
    let at = now() + TimeDelta::minutes(minutes);
    let (mut event, _) = event_in(TimeDelta::days(3), None);
    event.cancellation = is_cancelled.then(|| Cancellation { at: now(), reason: String::new() });
    let kinds = all_news().into_iter().zip("cfpsrwelgxmkn".chars());
    kinds.map(|(news, kind)| if is_moot(&news, status, &event, at) { '-' } else { kind }).collect()
}

#[test]
fn a_letter_that_is_no_longer_true_is_dropped() {
    let later = Status::AwaitingPayment { payment_expiredate: now() + TimeDelta::hours(12) };
    for (status, minutes, expected) in [
        (WAITS, 0, "-----welgxmkn"),
        (held(), 0, "--psr-elgxmkn"),
        (held(), 119, "--psr-elgxmkn"),
        (held(), 120, "------elgxmkn"),
        (later, 0, "------elgxmkn"),
        (Status::Confirmed, 0, "cf----elgxmkn"),
        (Status::Ended(EndedReason::Unpaid), 0, "-------lgxmkn"),
        (Status::Ended(EndedReason::EventCancelled), 0, "-------lgxmkn"),
    ] {
        assert_eq!(sent(status, minutes, false), expected, "{status:?} after {minutes} minutes");
        assert_eq!(sent(status, minutes, true), "-------lgxmkn", "{status:?}, cancelled");
    }
}

#[test]
fn changes_are_told_after_the_last_of_several_but_not_for_ever_and_at_once_before_the_start() {
    let told = |hours_to_start| Told::of(&event_in(TimeDelta::hours(hours_to_start), None).0);
    for (before, after, first_ago, expected) in [
        (72, 72, 0, Some(5)),
        (72, 72, 10, Some(5)),
        (72, 72, 27, Some(3)),
        (72, 72, 90, Some(0)),
        (2, 72, 0, Some(0)),
        (72, 2, 0, Some(0)),
        (-3, -2, 0, Some(0)),
        (-9, 72, 0, Some(0)),
        (3, 72, 0, Some(5)),
        (-9, -5, 0, None),
    ] {
        let first = now() - TimeDelta::minutes(first_ago);
        let at = announce_at(first, now(), &told(before), &told(after));
        let minutes = at.map(|at| (at - now()).num_minutes());
        assert_eq!(minutes, expected, "starts in {before}, then {after} hours, {first_ago} ago");
    }
}

#[test]
fn members_hear_of_title_time_and_place_and_of_nothing_else() {
    let (details, _) = event_in(TimeDelta::days(3), Some((2, 12)));
    let before = Told::of(&details);
    let mut other = details.clone();
    (other.limit, other.closed, other.description) = (3, true, "New".to_owned());
    assert_eq!(before.changes(&Told::of(&other)), vec![]);
    other.title = "Sommerfest".to_owned();
    other.location = "Parken".to_owned();
    other.start_date += TimeDelta::hours(1);
    other.end_date += TimeDelta::hours(2);
    let expected = vec![
        Change::Title { before: details.title, after: "Sommerfest".to_owned() },
        Change::Start { before: details.start_date, after: details.start_date + TimeDelta::hours(1) },
        Change::End { before: details.end_date, after: details.end_date + TimeDelta::hours(2) },
        Change::Location { before: String::new(), after: "Parken".to_owned() },
    ];
    assert_eq!(before.changes(&Told::of(&other)), expected);
}
