//! The books: what they say is what the ledger holds, to the øre, however it is filed and whatever days are asked for.

mod histories;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use plass::domain::books::{By, Figures, Period};
use plass::domain::money::Ore;
use plass::domain::permission::{HeldRole, Role, Scope, Standing};
use plass::flows::read_books::{Question, entries, report};
use serde_json::{Value, json};

use crate::support::people::{House, text};
use crate::support::world::World;
use histories::{GROUPS, Known, histories, keep, stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_treasurer_reads_what_was_taken_and_given_back() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 5).await;
    for name in ["ida", "ola"] {
        let person = world.person(name).await;
        world.pays_for_a_seat(&person, &event).await;
        if name == "ola" {
            let order = world.order_id(&person, &event).await;
            let body = json!({ "amount": "99.50", "reason": "x" });
            assert_eq!(world.refund(&treasurer, &order, &body, "key").await.status, 200);
        }
    }
    let expected = json!({
        "payments": 2, "authorized": "500.00", "taken": "500.00", "refunded": "99.50", "released": "0.00", "net": "400.50",
    });
    for (by, key, name) in [
        ("day", "2027-01-15", "2027-01-15"),
        ("event", event.as_str(), "Julebord"),
        ("group", "sosialen", "Sosialen"),
        ("sales_unit", "00000000-0000-0000-0000-000000000000", "Plass"),
        ("provider", "vipps_epayment", "vipps_epayment"),
    ] {
        let reply = world.get(&treasurer, &format!("/books?by={by}&test_mode=true")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let (line, total) = (&reply.json["results"][0], &reply.json["totals"][0]);
        assert_eq!((&line["key"], &line["moved"]), (&json!(key), &expected), "{by}: {}", reply.text);
        assert_eq!(line["name"].as_str().unwrap().to_lowercase(), name.to_lowercase(), "{by}");
        assert_eq!((&total["moved"], &total["outstanding"]), (&expected, &json!("0.00")), "{by}");
        assert_eq!(reply.json["results"].as_array().unwrap().len(), 1);
        assert_eq!(line["outstanding"], if by == "day" { Value::Null } else { json!("0.00") });
    }
    // Money that is not real is in no other books.
    let real = world.get(&treasurer, "/books").await;
    assert_eq!((&real.json["results"], &real.json["totals"]), (&json!([]), &json!([])));
    let other_days = world.get(&treasurer, "/books?by=event&from=2027-01-16&test_mode=true").await;
    assert_eq!(other_days.json["results"], json!([]), "{}", other_days.text);

    let lines = world.get(&treasurer, "/books/lines?test_mode=true&limit=3").await;
    let results = lines.json["results"].as_array().unwrap().clone();
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|line| line["transaction_id"].as_str().is_some_and(|id| !id.is_empty())));
    let cursor = lines.json["next_cursor"].as_str().unwrap();
    let rest = world.get(&treasurer, &format!("/books/lines?test_mode=true&cursor={cursor}")).await;
    let kinds: Vec<&str> = results
        .iter()
        .chain(rest.json["results"].as_array().unwrap())
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["authorized", "captured", "authorized", "captured", "refunded"]);

    let csv = world.get(&treasurer, "/books/lines.csv?test_mode=true").await;
    let rows: Vec<&str> = csv.text.lines().collect();
    assert_eq!((csv.status, csv.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").contains("books.csv"));
    assert!(rows.len() == 6 && rows[0].starts_with("happened_at,day,kind,amount,currency,transaction_id"), "{rows:?}");
    assert!(rows[5].contains(",2027-01-15,refunded,99.50,NOK,"), "{rows:?}");
    let request = world.request("GET", "/books/lines.xlsx?test_mode=true", Some(&treasurer));
    let workbook = request.send().await.unwrap();
    assert!(workbook.headers()["content-type"].to_str().unwrap().contains("spreadsheetml"));
    assert!(workbook.bytes().await.unwrap().starts_with(b"PK"));

    for (query, name) in
        [("from=tomorrow", "from"), ("to=2027-1-5", "to"), ("by=week", "by"), ("provider=x", "provider")]
    {
        let reply = world.get(&treasurer, &format!("/books?{query}")).await;
        assert_eq!(reply.refusal(), (400, "invalid_query"), "{}", reply.text);
        assert!(text(&reply, "detail").starts_with(&format!("{name}: ")), "{}", reply.text);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_the_books_says_the_same() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let mut browser = crate::support::pages::Browser::of(&world, &treasurer).await;
    browser.open("/manage/books?by=event").await.expect(200, &["Regnskap", "Julebord", "250 kr"]);
    browser.open("/manage/books?by=event&from=&to=2026-01-01").await.expect(200, &["Ingen penger"]);
    for file in ["csv", "xlsx"] {
        assert_eq!(browser.open(&format!("/manage/books/lines.{file}?test_mode=true")).await.status(), 200, "{file}");
    }
    world.end().await;
}

#[actix_web::test]
async fn the_sums_are_those_of_thousands_of_histories() {
    let house = House::open().await;
    let begin = house.app.clock.now() - TimeDelta::days(800);
    let histories = histories(7, begin);
    let (events, units) = stage(&house.app).await;
    let user = house.save("treasurer").await;
    keep(&house.app, user, &histories, &events, &units).await;
    let lines: Vec<&Known> = histories.iter().flatten().collect();
    let role = HeldRole { role: Role::Treasurer, scope: Scope::Everywhere };
    let who = Standing { roles: vec![role], ..Standing::of_nothing(user) };
    let day = |days: i64| Some((begin + TimeDelta::days(days)).date_naive());
    let periods = [(None, None), (day(100), None), (None, day(400)), (day(200), day(290)), (day(333), day(333))];
    for (number, (from, to)) in periods.into_iter().enumerate() {
        for (event, unit, test_mode) in
            [(None, None, false), (None, None, true), (Some(3), None, false), (None, Some(1), false)]
        {
            let period = Period { from, to };
            let zone = house.app.settings.time_zone;
            let (since, until) = (period.since(zone), period.until(zone));
            let counts = |line: &&&Known| {
                line.test_mode == test_mode
                    && until.is_none_or(|until| line.at < until)
                    && event.is_none_or(|event| line.event == event)
                    && unit.is_none_or(|unit| line.unit == unit)
            };
            let question = Question {
                period,
                event: event.map(|event| events[event]),
                sales_unit: unit.map(|unit| units[unit]),
                test_mode,
                ..Question::default()
            };
            let mut total = Figures::default();
            let mut reserved = Figures::default();
            for line in lines.iter().filter(counts) {
                reserved.add(line.kind, 1, line.amount);
                if since.is_none_or(|since| line.at >= since) {
                    total.add(line.kind, 1, line.amount);
                }
            }
            for by in By::ALL {
                let told = report(&house.app, &who, question.clone(), by).await.unwrap();
                let mut expected: BTreeMap<String, Figures> = BTreeMap::new();
                for line in lines.iter().filter(counts).filter(|line| since.is_none_or(|since| line.at >= since)) {
                    let key = match by {
                        By::Day => line.at.with_timezone(&zone).date_naive().to_string(),
                        By::Event => events[line.event].to_string(),
                        By::Group => GROUPS[line.event % GROUPS.len()].to_owned(),
                        By::SalesUnit => units[line.unit].to_string(),
                        By::Provider => "vipps_epayment".to_owned(),
                    };
                    expected.entry(key).or_default().add(line.kind, 1, line.amount);
                }
                let moved = told.lines.iter().filter(|line| line.figures != Figures::default());
                let found: BTreeMap<String, Figures> = moved.map(|line| (line.key.clone(), line.figures)).collect();
                assert_eq!(found, expected, "period {number} by {}", by.word());
                if reserved == Figures::default() {
                    assert!(told.totals.is_empty());
                    continue;
                }
                let all = told.totals[0];
                assert_eq!((all.figures, all.outstanding), (total, reserved.moved.reserved()), "period {number}");
                let outstanding: Vec<Ore> = told.lines.iter().filter_map(|line| line.outstanding).collect();
                if by != By::Day {
                    assert_eq!(
                        outstanding.into_iter().sum::<Ore>(),
                        all.outstanding,
                        "period {number} by {}",
                        by.word()
                    );
                }
            }
            let written = entries(&house.app, &who, question, None, 1_000_000).await.unwrap();
            let mut of_lines = Figures::default();
            written.iter().for_each(|entry| of_lines.add(entry.line.kind, 1, entry.line.amount.amount));
            assert_eq!(of_lines, total, "period {number}");
            assert!(written.is_sorted_by_key(|entry| entry.line.happened_at));
        }
    }
    house.close().await;
}
