//! A house with years behind it: registrations and orders by the hundred thousand, and the pages that list them.

use chrono::TimeDelta;

use super::super::BootError;
use super::crowd::Measured;
use super::row::Row;
use super::stage::Stage;
use crate::clock::{Stopwatch, Timestamp};
use crate::domain::ids::{EventId, OrderId, RegistrationId, SalesUnitId, UserId};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::registration::{Registration, Status};
use crate::store::Stop;

/// How many rows go into one write.
const TOGETHER: usize = 1_000;
/// How many pages are turned.
const PAGES_MAX: usize = 2_000;
/// What each seat cost.
const PRICE: Money = Money { amount: Ore(25_000), currency: Currency::Nok };

/// Fills the database with so many registrations, each with an order that was settled at the door.
pub(super) async fn fill(stage: &Stage, rows: usize) -> Result<(), BootError> {
    let limit = stage.people();
    let users = stage.app.store.read(move |reader| Ok(reader.users(None, limit)?)).await?;
    let users: Vec<UserId> = users.into_iter().map(|user| user.id).collect();
    let mut left = rows;
    while left > 0 {
        let some = users.get(..left.min(users.len())).unwrap_or_default().to_vec();
        left -= some.len();
        let event = stage.event(0, Some(PRICE.amount)).await?;
        for chunk in some.chunks(TOGETHER) {
            let (chunk, clock) = (chunk.to_vec(), stage.app.clock.clone());
            let saved: Result<(), Stop> = stage
                .app
                .store
                .write(event, move |tx| {
                    let long_ago = tx.now() - TimeDelta::days(400);
                    let seats: Vec<Registration> =
                        chunk.iter().map(|user| seat(RegistrationId(clock.id()), event, *user, long_ago)).collect();
                    tx.insert_registrations(&seats)?;
                    seats.iter().try_for_each(|seat| tx.insert_order(&sale(OrderId(clock.id()), seat)))?;
                    Ok(())
                })
                .await;
            saved?;
        }
    }
    Ok(())
}

fn seat(id: RegistrationId, event: EventId, user: UserId, at: Timestamp) -> Registration {
    Registration {
        id,
        event_id: event,
        user_id: user,
        status: Status::Confirmed,
        status_since: at,
        allow_photo: true,
        has_attended: true,
        created_by_admin: true,
        created_at: at,
    }
}

fn sale(id: OrderId, seat: &Registration) -> Order {
    Order {
        id,
        registration_id: seat.id,
        event_id: seat.event_id,
        user_id: seat.user_id,
        price: PRICE,
        sales_unit: SalesUnitId::HOUSE,
        test_mode: true,
        status: OrderStatus::Sale,
        pay_token: id.0.simple().to_string(),
        sale: true,
        give_back_all: false,
        needs_attention: None,
        settled_elsewhere: None,
        check_at: None,
        bells: 0,
        bells_heard: 0,
        looked_at: None,
        look_failures: 0,
        created_at: seat.created_at,
    }
}

/// A treasurer turns the pages of all orders, one after the other, as deep as they go.
pub(super) async fn pages(stage: &Stage, name: &'static str) -> Result<Row, BootError> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let token = stage.tokens.first().map(String::as_str).unwrap_or_default();
    let all = Stopwatch::start();
    let (mut latencies, mut failed) = (Vec::new(), 0);
    let first = format!("{}/api/v1/orders?limit=100", stage.app.settings.public_url);
    let mut next = Some(first.clone());
    while let Some(url) = next.filter(|_| latencies.len() < PAGES_MAX) {
        let one = Stopwatch::start();
        let answer = client.get(url).bearer_auth(token).send().await?;
        failed += usize::from(!answer.status().is_success());
        let page: serde_json::Value = answer.json().await?;
        latencies.push(one.elapsed());
        next = page.get("next_cursor").and_then(|cursor| cursor.as_str()).map(|at| format!("{first}&cursor={at}"));
    }
    Ok(Row::of(name, Measured::new(latencies, all.elapsed(), failed)))
}
