//! How the database finds what is asked for often: never by walking through a table that grows with members and years.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use plass::store::conn::{Conn, Place};
use serde_json::json;

use crate::statements::{begin_to_listen, texts_sent};
use crate::support::database::TestDatabase;
use crate::support::world::World;

/// The tables that grow.
const GROWING: [&str; 12] = [
    "users",
    "sessions",
    "registrations",
    "orders",
    "attempts",
    "refunds",
    "outbox",
    "ended_effects",
    "trail",
    "replays",
    "ledger",
    "memberships",
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PlanLine {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// Who forgets what is old reads what is old, once a day.
const MAY_WALK: [&str; 2] = ["DELETE FROM `refresh_tokens`", "DELETE FROM `sessions`"];

/// A story with most of what a house does every day.
async fn every_day() -> (World, Vec<String>) {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let (ida, ola, kari) = (world.person("ida").await, world.person("ola").await, world.person("kari").await);
    let event = world.paid_event(&organizer, 1).await;
    world.pays_for_a_seat(&ida, &event).await;
    world.sign_up(&ola, &event).await;
    world.sign_up(&kari, &event).await;
    world.settle().await;
    let order = world.order_id(&ida, &event).await;
    for path in [
        format!("/events/{event}"),
        "/events".to_owned(),
        "/me/registrations".to_owned(),
        "/me/orders".to_owned(),
        format!("/events/{event}/registrations/me"),
    ] {
        world.get(&ola, &path).await;
    }
    for path in [
        format!("/events/{event}/registrations"),
        format!("/events/{event}/registrations?status=ended"),
        format!("/events/{event}/registrations?has_paid=true"),
        "/orders".to_owned(),
        format!("/orders?event_id={event}"),
        format!("/orders/{order}"),
        format!("/orders/{order}/events"),
        "/provider-operations".to_owned(),
        "/provider-operations?state=unanswered&kind=capture".to_owned(),
        format!("/provider-operations?order_id={order}"),
    ] {
        world.get(&organizer, &path).await;
    }
    world.refund(&treasurer, &order, &json!({ "amount": "50", "reason": "Kald mat" }), "k1").await;
    world.sign_off(&ola, &event).await;
    world.patch(&organizer, &format!("/events/{event}"), &json!({ "limit": 2 })).await;
    world.settle().await;
    let (Place::Sqlite(address) | Place::Postgres(address)) = world.app.store.place();
    let texts = texts_sent(address);
    (world, texts)
}

fn plan(conn: &mut Conn, text: &str) -> Vec<String> {
    match conn {
        Conn::Sqlite(conn) => {
            let lines: Vec<Line> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {text}")).load(conn).unwrap();
            lines.into_iter().map(|line| line.detail).collect()
        }
        Conn::Pg(conn) => {
            // As a prepared statement, so that it needs no values; small tables are walked unless that is forbidden.
            let count = (1..).take_while(|number| text.contains(&format!("${number}"))).count();
            let nulls = vec!["NULL"; count].join(", ");
            let call = if count == 0 { String::new() } else { format!("({nulls})") };
            let prepared = conn.batch_execute(&format!("PREPARE looked_at AS {text}"));
            prepared.unwrap_or_else(|error| panic!("{text}: {error}"));
            let lines: Vec<PlanLine> =
                diesel::sql_query(format!("EXPLAIN EXECUTE looked_at{call}")).load(conn).unwrap();
            conn.batch_execute("DEALLOCATE looked_at").unwrap();
            lines.into_iter().map(|line| line.line).collect()
        }
    }
}

/// True when a line of a plan walks through a growing table from end to end, or sorts.
fn walks(line: &str) -> bool {
    let line = line.trim().trim_start_matches("->").trim();
    GROWING.iter().any(|table| line == format!("SCAN {table}") || line.starts_with(&format!("Seq Scan on {table} ")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_asked_every_day_walks_through_a_table_that_grows() {
    begin_to_listen();
    let (world, texts) = every_day().await;
    assert!(texts.len() > 60, "the story sends {} different statements", texts.len());
    let mut conn = Conn::open(world.app.store.place()).unwrap();
    if let Conn::Pg(conn) = &mut conn {
        diesel::sql_query("SET enable_seqscan = off").execute(conn).unwrap();
        diesel::sql_query("SET plan_cache_mode = force_generic_plan").execute(conn).unwrap();
    }
    // What asks for none of nothing reads nothing.
    let texts = texts.iter().filter(|text| !text.contains("(1=0)"));
    let plans: Vec<(String, Vec<String>)> = texts.map(|text| (text.replace('"', "`"), plan(&mut conn, text))).collect();
    drop(conn);
    world.end().await;
    let walking: Vec<String> = plans
        .iter()
        .filter(|(text, plan)| {
            plan.iter().any(|line| walks(line)) && !MAY_WALK.iter().any(|start| text.starts_with(start))
        })
        .map(|(text, plan)| format!("{text}\n    {}", plan.join("\n    ")))
        .collect();
    assert!(walking.is_empty(), "{} walk:\n{}", walking.len(), walking.join("\n"));
    if TestDatabase::is_on_server() {
        // Its planner looks at what is in the tables; that nothing has to walk is all that can be said.
        return;
    }
    let hot = ["FROM `registrations`", "FROM `outbox`", "FROM `orders`", "UPDATE `orders`", "UPDATE `outbox`"];
    let told: BTreeSet<String> = plans
        .iter()
        .filter(|(text, _)| hot.iter().any(|words| text.contains(words)))
        .map(|(text, plan)| {
            let clause = text.split_once(" FROM ").map_or(text.as_str(), |(_, rest)| rest);
            let clause = clause.split_once(" RETURNING ").map_or(clause, |(rest, _)| rest);
            format!("{clause}\n    {}", plan.join("\n    "))
        })
        .collect();
    insta::assert_snapshot!(told.into_iter().collect::<Vec<_>>().join("\n"));
}
