//! Every page in every state.

use std::collections::HashMap;

use askama::Template;

use super::super::add::{self};
use super::super::events::{EventsPage, card};
use super::super::list::{Listed, list_page};
use super::super::order::Done as OrderDone;
use super::super::order_words::{Asker, Shown, order_page};
use super::super::orders::{Asked, Listed as ListedOrders, orders_page};
use super::super::paid::PaidPage;
use super::super::place::{Done, Place, Tab};
use super::super::remove::{self, MoneyThen, money_then};
use super::super::states;
use super::*;
use crate::domain::registration::EndedReason;
use crate::flows::find_people::{Found, Search};
use crate::store::orders::{OrderSums, Total};
use crate::store::registrations::Tallies;

fn awaiting() -> Status {
    Status::AwaitingPayment { payment_expiredate: now() + TimeDelta::hours(2) }
}

/// A registration in each status, with what is owed for it.
fn everybody() -> Vec<RegistrationView> {
    let late = Status::AwaitingPayment { payment_expiredate: now() - TimeDelta::minutes(2) };
    let mut all = vec![
        view(Status::Waitlisted { queue_no: 7 }, None),
        view(awaiting(), Some(OrderStatus::Initiate)),
        view(late, Some(OrderStatus::Initiate)),
    ];
    all.extend(OrderStatus::ALL.map(|status| view(Status::Confirmed, Some(status))));
    all.extend(EndedReason::ALL.map(|reason| view(Status::Ended(reason), Some(OrderStatus::Cancel))));
    for (number, view) in (0_u128..).zip(all.iter_mut()) {
        view.registration.id.0 = Uuid::from_u128(100 + number);
        view.registration.user_id.0 = Uuid::from_u128(200 + number);
        view.registration.has_attended = number % 2 == 0;
    }
    all
}

#[test]
fn the_list_of_events() {
    let groups = HashMap::from([("sosialen".to_owned(), "Sosialen".to_owned())]);
    let mut later = event(true, 50, 0, 0);
    later.details.start_registration_at = Some(now() + TimeDelta::days(1));
    let mut closed = event(false, 50, 12, 0);
    closed.details.closed = true;
    let all = [event(true, 50, 50, 3), event(false, 0, 12, 0), later, closed];
    for (name, is_past, events) in [
        ("coming", false, all.as_slice()),
        ("past", true, all.as_slice()),
        ("none", false, &[]),
        ("no past", true, &[]),
    ] {
        let caller = managed(event(true, 1, 0, 0), Role::Organizer).caller;
        check(name, |frame, voice| {
            let cards = events.iter().map(|event| card(event, &groups, &caller, voice)).collect();
            let first_path = "/manage".to_owned();
            let next_path = Some("/manage?cursor=a".to_owned());
            EventsPage { frame, is_past, cards, is_continued: true, first_path, next_path }.render().unwrap()
        });
    }
}

#[test]
fn the_list_of_people() {
    let tallies = Tallies { active: 10, paid: 3, unpaid: 2, waiting: 5, attended: 1, ended: 4 };
    for is_paid in [true, false] {
        let managed = managed(event(is_paid, 50, 37, 5), Role::Organizer);
        for tab in Tab::ALL {
            for (words, views) in [(None, everybody()), (None, Vec::new()), (Some("Nygård".to_owned()), Vec::new())] {
                let place = Place { tab, words, cursor: Some("a".to_owned()), ..Place::start(managed.event.id) };
                check(&format!("{tab:?} {is_paid} {}", views.len()), |frame, voice| {
                    let listed = Listed { tallies, views: views.clone(), next: Some("b".to_owned()), done: None };
                    let mut page = list_page(frame, &managed, &place, listed, voice);
                    page.alert = Some(voice.pick("Nei.", "No.").to_owned());
                    page.render().unwrap()
                });
            }
        }
    }
}

#[test]
fn what_was_done_is_said_in_the_row_or_above_the_list() {
    let managed = managed(event(true, 50, 37, 5), Role::Organizer);
    let place = Place::start(managed.event.id);
    let mut touched = view(Status::Confirmed, Some(OrderStatus::Sale));
    touched.registration.has_attended = true;
    for (views, is_above) in [(vec![touched.clone()], false), (Vec::new(), true)] {
        for language in [Language::Nb, Language::En] {
            let listed = Listed {
                tallies: Tallies::default(),
                views: views.clone(),
                next: None,
                done: Some((Done::Attended, touched.clone())),
            };
            let frame = frame(language, "/manage/events/1");
            let html = list_page(&frame, &managed, &place, listed, voice(language)).render().unwrap();
            check_sound("done", &html);
            assert_eq!(html.contains("<p class=\"notice good\" role=\"status\">"), is_above);
            assert_eq!(html.matches("role=\"status\"").count(), 1);
        }
    }
}

#[test]
fn recording_a_payment_and_removing_somebody() {
    for (wrong, alert) in [("", None), ("reason", Some("no"))] {
        for view in everybody() {
            check("paid", |frame, voice| {
                let page = PaidPage {
                    frame,
                    provider: Provider::VippsEpayment,
                    name: "Ida Marie Nygård".to_owned(),
                    title: "Julebord".to_owned(),
                    state: states::seat(&view.registration.status, view.wait_queue_number, voice),
                    price: voice.price(price(25_000)),
                    action: "/a".to_owned(),
                    back_path: "/b".to_owned(),
                    key: "k".to_owned(),
                    reason: "kontant".to_owned(),
                    alert: alert.map(|_| voice.pick("Nei.", "No.").to_owned()),
                    wrong,
                };
                page.render().unwrap()
            });
        }
    }
    let left = price(25_000);
    for money in [
        MoneyThen::Nothing,
        MoneyThen::None,
        MoneyThen::MayCome,
        MoneyThen::GoesBack(left),
        MoneyThen::IsRecorded(left),
    ] {
        for may_refund in [true, false] {
            for view in everybody() {
                check(&format!("{money:?} {may_refund}"), |frame, voice| {
                    let mut page = remove::page(frame, &view, money, may_refund, voice);
                    let has_money = matches!(money, MoneyThen::GoesBack(_) | MoneyThen::IsRecorded(_));
                    assert_eq!(page.button.is_some(), money != MoneyThen::Nothing && (may_refund || !has_money));
                    page.title = "Julebord".to_owned();
                    (page.action, page.back_path) = ("/a".to_owned(), "/b".to_owned());
                    page.render().unwrap()
                });
            }
        }
    }
}

#[test]
fn a_removal_says_what_becomes_of_the_money() {
    let left = price(15_000);
    let ended = Status::Ended(EndedReason::Unpaid);
    for (status, order, sums, expected) in [
        (Status::Confirmed, OrderStatus::Capture, [25_000, 25_000, 10_000, 0], MoneyThen::GoesBack(left)),
        (Status::Confirmed, OrderStatus::Reserved, [25_000, 0, 0, 10_000], MoneyThen::GoesBack(left)),
        (Status::Confirmed, OrderStatus::Refund, [25_000, 25_000, 25_000, 0], MoneyThen::None),
        (Status::Confirmed, OrderStatus::Void, [25_000, 0, 0, 25_000], MoneyThen::None),
        (Status::Confirmed, OrderStatus::Sale, [0; 4], MoneyThen::IsRecorded(price(25_000))),
        (awaiting(), OrderStatus::Initiate, [0; 4], MoneyThen::MayCome),
        (ended, OrderStatus::Cancel, [0; 4], MoneyThen::Nothing),
    ] {
        let found = money_then(&view(status, Some(order)), Some(&order_view(status, order, sums)));
        assert_eq!(found, expected, "{status:?} {order:?}");
    }
    assert_eq!(money_then(&view(Status::Confirmed, None), None), MoneyThen::None);
    assert_eq!(money_then(&view(ended, None), None), MoneyThen::Nothing);
}

#[test]
fn adding_somebody() {
    let found = |number: u128, is_signed_up: bool| Found {
        id: UserId(Uuid::from_u128(number)),
        name: "Ida Marie Nygård".to_owned(),
        hint: "i…@example.org".to_owned(),
        registration: is_signed_up.then(|| view(Status::Confirmed, None).registration),
    };
    let searches = [
        Search::default(),
        Search { found: vec![found(1, false)], has_more: false },
        Search { found: vec![found(1, true)], has_more: false },
        Search { found: vec![found(1, false), found(2, true), found(3, false)], has_more: true },
    ];
    for event in [event(true, 50, 12, 0), event(true, 50, 50, 2), event(false, 50, 12, 0), event(false, 50, 50, 2)] {
        for words in [None, Some("Ida Marie Nygård".to_owned())] {
            for search in &searches {
                check("add", |frame, voice| {
                    let mut page = add::page(frame, &event, words.clone(), search, voice);
                    let only = search.found.len() == 1 && !page.candidates[0].is_signed_up;
                    assert_eq!(page.candidates.iter().any(|candidate| candidate.is_chosen), only);
                    page.alert = Some(voice.pick("Nei.", "No.").to_owned());
                    page.wrong = "reason";
                    page.render().unwrap()
                });
            }
        }
    }
}

#[test]
fn lists_of_orders() {
    let mut views: Vec<OrderView> = OrderStatus::ALL
        .map(|status| order_view(Status::Confirmed, status, [25_000, 25_000, 9_950, 0]))
        .into_iter()
        .chain([order_view(awaiting(), OrderStatus::Initiate, [0; 4])])
        .collect();
    views[0].order.needs_attention = attention(AttentionReason::RefundRefused);
    let sums = OrderSums {
        count: 2,
        outstanding: Ore(25_000),
        reserved: Ore(1),
        captured: Ore(100_000),
        refunded: Ore(9_950),
        outside: Ore(50_000),
        outside_refunded: Ore(10_000),
    };
    assert_eq!(sums.kept(), Ore(130_050));
    let one = OrderSums { count: 1, ..OrderSums::default() };
    let total = |currency, test_mode, sums| Total { currency, test_mode, sums };
    let totals = [total(Currency::Nok, false, sums), total(Currency::Eur, true, one)];
    let narrowed = Asked { status: Some(OrderStatus::Sale), needs_attention: true, ..Asked::default() };
    for asked in [Asked::default(), narrowed] {
        for path in ["/manage/orders", "/manage/events/1/orders"] {
            for is_empty in [true, false] {
                check(&format!("{path} {is_empty}"), |frame, voice| {
                    let listed = ListedOrders {
                        views: if is_empty { Vec::new() } else { views.clone() },
                        totals: if is_empty { Vec::new() } else { totals.to_vec() },
                        next: Some("b".to_owned()),
                        events: if path == "/manage/orders" { vec![event(true, 1, 0, 0)] } else { Vec::new() },
                    };
                    let mut page = orders_page(frame, path, &asked, listed, voice);
                    page.event = (path != "/manage/orders").then(|| "Julebord".to_owned());
                    page.is_continued = true;
                    page.render().unwrap()
                });
            }
        }
    }
}

#[test]
fn one_order() {
    let mut views: Vec<OrderView> = OrderStatus::ALL
        .map(|status| order_view(Status::Confirmed, status, [25_000, 20_000, 9_950, 5_000]))
        .into_iter()
        .chain([order_view(awaiting(), OrderStatus::Initiate, [0; 4])])
        .collect();
    for (number, reason) in AttentionReason::ALL.into_iter().enumerate() {
        let mut odd = order_view(Status::Confirmed, OrderStatus::Capture, [25_000, 25_000, 0, 0]);
        odd.order.needs_attention = attention(reason);
        odd.order.check_at = (number % 2 == 0).then(now);
        odd.refunds = [RefundStatus::Pending, RefundStatus::Done, RefundStatus::Refused]
            .into_iter()
            .take(number % 4)
            .map(|status| refund(100, status))
            .collect();
        views.push(odd);
    }
    for view in views {
        for (may_refund, done) in [(true, None), (false, Some(OrderDone::Asked)), (true, Some(OrderDone::Refund))] {
            let asker = Asker { may_refund, manages: may_refund, sees_addresses: true };
            let shown = Shown {
                view: view.clone(),
                lines: vec![super::told::line("captured", "observed", "system")],
                names: HashMap::new(),
                email: Some("ida@example.org".to_owned()),
                done,
                next: Some("b".to_owned()),
                is_continued: true,
            };
            check(&format!("{:?} {may_refund}", view.order.status), |frame, voice| {
                let mut page = order_page(frame, "https://plass.example.org", asker, &shown, voice);
                page.alert = Some(voice.pick("Nei.", "No.").to_owned());
                page.wrong = "amount";
                let html = page.render().unwrap();
                assert_eq!(html.contains("/refund\""), may_refund && page.left.is_some());
                html
            });
        }
    }
}
