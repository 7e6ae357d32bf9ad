//! The main story told to a throw-away house over real HTTP, with the clock moved forward: each step says what it did
//! and what it saw, and the tour ends well only if every step was as told.

mod guide;

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::house::{self, House};
use super::{App, BootError, furnish, open_store, seed};
use crate::clock::Clock;
use crate::config::{Settings, temporary_folder};
use crate::flows::demo_data::DEMO_NAME;
use crate::http::write_time;
use crate::jobs::Duties;
use crate::keys::Keys;
use crate::mail::memory::MemoryMail;
use crate::sandbox::{self, Sandbox};
use guide::{Guide, Visitor};

/// The main story against a throw-away house; prints each step and what it saw.
pub async fn tour() -> Result<(), BootError> {
    let folder = temporary_folder();
    std::fs::create_dir_all(&folder).map_err(BootError::io("making a folder for the tour"))?;
    let told = open_and_tell(&folder).await;
    std::fs::remove_dir_all(&folder).map_err(BootError::io("removing the tour's folder"))?;
    told
}

async fn open_and_tell(folder: &Path) -> Result<(), BootError> {
    let clock = Clock::running(TimeDelta::zero());
    let here = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let sandbox_settings = sandbox::Settings { clock: clock.clone(), data: Some(folder.to_owned()), ticking: true };
    let sandbox = Sandbox::start(sandbox_settings, here).await?;
    let listener = house::bind(here)?;
    let address = listener.local_addr().map_err(BootError::io("reading the address"))?;
    let settings = Settings {
        listen: address,
        public_url: format!("http://{address}"),
        organization: DEMO_NAME.to_owned(),
        database_url: format!("sqlite:{}", folder.join("plass.db").display()),
        vipps: super::demo::sandbox_keys(&sandbox.url()),
        ..Settings::default()
    };
    let store = open_store(&settings, &clock)?;
    store.migrate().await?;
    let mail = Arc::new(MemoryMail::default());
    let app: App = furnish(settings, store, clock.clone(), Keys::generate()?.0, mail.clone())?;
    seed::fill(&app).await?;
    let house = House::open(app, listener, Duties::All)?;
    sandbox.set_neighbor(house.next_door());
    let guide = Guide::new(format!("http://{address}"), sandbox.url(), mail)?;
    let told = tell(&guide, &clock).await;
    house.close().await;
    sandbox.stop().await;
    told
}

async fn tell(guide: &Guide, clock: &Clock) -> Result<(), BootError> {
    let organizer = guide.signs_in("organizer@demo.plass").await?;
    let event = first_half(guide, &organizer, clock).await?;
    second_half(guide, &organizer, clock).await?;
    guide.chapter("The treasurer gives some of it back")?;
    let treasurer = guide.signs_in("treasurer@demo.plass").await?;
    give_back(guide, &treasurer, &event).await?;
    guide.say("Every step was as told.")
}

async fn new_event(guide: &Guide, organizer: &Visitor, clock: &Clock, title: &str) -> Result<String, BootError> {
    let starts = clock.now() + TimeDelta::days(10);
    let event = json!({
        "title": title, "organizer": "sosialen", "limit": 1,
        "start_date": write_time(starts), "end_date": write_time(starts + TimeDelta::hours(4)),
        "paid_information": { "price": "250.00", "paytime": "02:00:00" },
    });
    let made = organizer.post("/events", &event).await?;
    guide.expect("the event costs 250.00 and has one seat", made.status == 201)?;
    made.text("/id")
}

/// Signs up, pays, keeps the seat.
async fn first_half(guide: &Guide, organizer: &Visitor, clock: &Clock) -> Result<String, BootError> {
    guide.chapter("A member signs up, pays with Vipps, and keeps the seat")?;
    let event = new_event(guide, organizer, clock, "Vinterfest").await?;
    let ida = guide.signs_in("member01@demo.plass").await?;
    let seat = ida.post(&format!("/events/{event}/registrations"), &json!({})).await?;
    guide.expect("Ida holds the seat until she has paid", seat.is(201, "/status", &json!("awaiting_payment")))?;
    let link = seat.text("/order/payment_link")?;
    let page = guide.visit(&link).await?;
    guide.expect("the payment link says what is owed, without a login", page.contains("250"))?;
    let landing = guide.press(&link).await?;
    guide.expect("the button leads to Vipps", landing.starts_with(&guide.sandbox_url("/landing")))?;
    let back = guide.approve_on_page(&landing).await?;
    guide.expect("Vipps sends her back", back.ends_with("/return"))?;
    let page = guide.visit(&back).await?;
    guide.expect("the page says that the seat is hers", page.contains("Du har plass"))?;
    guide.settle().await?;
    let now = ida.get(&format!("/events/{event}/registrations/me")).await?;
    guide.expect("the seat is confirmed", now.is(200, "/status", &json!("confirmed")))?;
    guide.expect("the money is captured", now.is(200, "/order/status", &json!("CAPTURE")))?;
    let again = ida.post(&format!("/orders/{}/pay", now.text("/order/order_id")?), &json!({})).await?;
    guide.expect("she cannot pay twice", again.is(409, "/code", &json!("already_paid")))?;
    now.text("/order/order_id")
}

/// A deadline passes, and the seat moves.
async fn second_half(guide: &Guide, organizer: &Visitor, clock: &Clock) -> Result<(), BootError> {
    guide.chapter("Another lets the deadline pass, and the seat moves")?;
    let event = new_event(guide, organizer, clock, "Vårfest").await?;
    let registrations = format!("/events/{event}/registrations");
    let mine = format!("{registrations}/me");
    let magnus = guide.signs_in("member02@demo.plass").await?;
    let seat = magnus.post(&registrations, &json!({})).await?;
    guide.expect("Magnus holds the only seat", seat.is(201, "/status", &json!("awaiting_payment")))?;
    let nora = guide.signs_in("member03@demo.plass").await?;
    let place = nora.post(&registrations, &json!({})).await?;
    guide.expect("Nora is first in line", place.is(201, "/wait_queue_number", &json!(1)))?;
    guide.press(&seat.text("/order/payment_link")?).await?;
    guide.say("Magnus opens Vipps, and puts the phone away. Two hours pass.")?;
    guide.advance("02:00:30").await?;
    let now = magnus.get(&mine).await?;
    guide.expect("Magnus has lost the seat", now.is(200, "/ended_reason", &json!("unpaid")))?;
    guide.expect("nothing was taken from him", now.is(200, "/order/status", &json!("CANCEL")))?;
    guide.expect("a letter told him", guide.has_letter("member02@demo.plass", "Plassen din gikk til nestemann"))?;
    let now = nora.get(&mine).await?;
    guide.expect("Nora has the seat", now.is(200, "/status", &json!("awaiting_payment")))?;
    guide.expect("a letter told her", guide.has_letter("member03@demo.plass", "Du har fått plass – betal i tide"))?;
    let landing = guide.press(&now.text("/order/payment_link")?).await?;
    guide.approve_on_page(&landing).await?;
    guide.settle().await?;
    let now = nora.get(&mine).await?;
    guide.expect("she pays, and it is confirmed", now.is(200, "/status", &json!("confirmed")))
}

async fn give_back(guide: &Guide, treasurer: &Visitor, order: &str) -> Result<(), BootError> {
    let wish = json!({ "amount": "99.50", "reason": "the band was ill" });
    let first = treasurer.post_once(&format!("/orders/{order}/refund"), &wish, "tour-1").await?;
    guide.expect("99.50 goes back", first.is(200, "/amounts/refunded", &json!("99.50")))?;
    let again = treasurer.post_once(&format!("/orders/{order}/refund"), &wish, "tour-1").await?;
    guide.expect("the same request again gives nothing twice", again.is(200, "/amounts/refunded", &json!("99.50")))?;
    let rest = json!({ "reason": "the rest" });
    let all = treasurer.post_once(&format!("/orders/{order}/refund"), &rest, "tour-2").await?;
    guide.expect("and the rest of it", all.is(200, "/status", &json!("REFUND")))?;
    let story = treasurer.get(&format!("/orders/{order}/events")).await?;
    let kinds: Vec<&str> = story
        .body
        .pointer("/results")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|line| line.pointer("/kind")?.as_str())
        .collect();
    guide.say(&format!("The order's trail reads: {}.", kinds.join(", ")))?;
    guide.expect("the trail tells it all", kinds.len() >= 8)
}
