//! Treasurers and the money, on the pages: sums that add up, one order's whole story, and money given back once.

use chrono::TimeDelta;
use diesel::RunQueryDsl as _;
use plass::domain::permission::Role;
use plass::store::conn::Conn;
use serde_json::json;

use crate::support::pages::{Browser, Seen};
use crate::support::world::{ORGANIZER, Person, World};

/// An amount as pages write it: the spaces do not break.
fn kr(amount: &str) -> String {
    format!("{amount} kr")
}

/// What stands below a sum's name.
#[track_caller]
fn sum(page: &Seen, name: &str) -> String {
    let html = &page.reply.text;
    let (_, after) = html.split_once(&format!("<dt>{name}</dt><dd>")).unwrap_or_else(|| panic!("no {name}: {html}"));
    after.split('<').next().unwrap().replace('\u{a0}', " ")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sums_of_an_event_are_those_of_its_orders() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&organizer, 20).await;
    let mut people = Vec::new();
    for name in ["ida", "ola", "kari", "per", "siv", "bo", "eli"] {
        people.push(world.person(name).await);
    }
    // Two paid, one of them got a part back and the other all; one reserved; one outstanding; one sale, one sale that
    // was taken back; one gone.
    for who in &people[..2] {
        world.pays_for_a_seat(who, &event).await;
    }
    let part = json!({ "amount": "99.50", "reason": "x" });
    let order = world.order_id(&people[0], &event).await;
    assert_eq!(world.refund(&treasurer, &order, &part, "a").await.status, 200);
    let order = world.order_id(&people[1], &event).await;
    assert_eq!(world.refund(&treasurer, &order, &json!({ "reason": "x" }), "b").await.status, 200);
    world.faults(json!([{ "on": "capture", "do": "status", "status": 503 }])).await;
    world.pays_for_a_seat(&people[2], &event).await;
    assert_eq!(world.seen(&people[2], &event).await, "confirmed RESERVED");
    for who in [&people[3], &people[6]] {
        assert_eq!(world.sign_up(who, &event).await.status, 201);
    }
    assert_eq!(world.sign_off(&people[6], &event).await.status, 204);
    for who in [&people[4], &people[5]] {
        let sale = json!({ "user_id": who.id, "paid_outside": { "reason": "cash" } });
        assert_eq!(world.post(&organizer, &format!("/events/{event}/registrations"), &sale).await.status, 201);
    }
    let path = format!("/events/{event}/registrations/{}?refund=full", people[5].id);
    assert_eq!(world.delete(&admin, &path).await.status, 204);
    world.settle().await;
    let mut browser = Browser::of(&world, &organizer).await;
    let check = |page: &Seen| {
        for (name, amount) in [
            ("Kommet inn", "400,50 kr"),
            ("Skal betales", "250 kr"),
            ("Reservert", "250 kr"),
            ("Trukket", "500 kr"),
            ("Betalt tilbake", "349,50 kr"),
            ("Betalt utenom", "500 kr"),
        ] {
            assert_eq!(sum(page, name), amount, "{name}");
        }
        page.expect(200, &[&format!("{} gitt tilbake", kr("250")), "alle 7 betalinger"]);
    };
    let page = browser.open(&format!("/manage/events/{event}/orders")).await;
    check(&page);
    page.expect(200, &["ida Berg", "Reservert", "Betalt utenom", "Ble ikke betalt", "Meldte seg av"]);
    // The same over everything one may read; what is chosen changes the sums with the list.
    check(&browser.open("/manage/orders").await);
    check(&browser.open(&format!("/manage/orders?event_id={event}&status=&q=")).await);
    let page = browser.open("/manage/orders?q=IDA").await;
    assert_eq!((sum(&page, "Kommet inn"), sum(&page, "Skal betales")), (kr("150,50"), kr("0")));
    page.expect(200, &["én betaling i utvalget"]);
    assert!(!page.says("kari Berg"));
    let page = browser.open("/manage/orders?status=SALE").await;
    assert_eq!((sum(&page, "Kommet inn"), sum(&page, "Betalt utenom")), ("250 kr".to_owned(), "250 kr".to_owned()));
    browser.open("/manage/orders?status=REFUND&needs_attention=true").await.expect(200, &["Ingen betalinger passer"]);
    for wrong in ["status=PAID", "event_id=x", "needs_attention=maybe", "color=red", "cursor=x"] {
        assert_eq!(browser.open(&format!("/manage/orders?{wrong}")).await.status(), 400, "{wrong}");
    }
    world.no_more_faults().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_currency_has_sums_of_its_own_and_everybody_sees_what_he_may_read() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let group = json!({ "slug": "drift", "name": "Drift", "kind": "committee" });
    assert_eq!(world.post(&admin, "/groups", &group).await.status, 201);
    let own = world.paid_event(&admin, 5).await;
    let euros = json!({ "price": "30", "currency": "EUR", "paytime": "02:00" });
    let others =
        world.event(&admin, 5, json!({ "title": "Tur", "organizer": "drift", "paid_information": euros })).await;
    let (leader, ida) = (world.person("leader").await, world.person("ida").await);
    let place = world.request("PUT", &format!("/groups/{ORGANIZER}/members/{}", leader.id), Some(&admin));
    assert_eq!(world.send(place.json(&json!({ "role": "leader" }))).await.status, 200);
    world.pays_for_a_seat(&ida, &own).await;
    assert_eq!(world.sign_up(&ida, &others).await.status, 201);
    world.settle().await;
    let page = Browser::of(&world, &admin).await.open("/manage/orders").await;
    page.expect(200, &[&kr("250"), "30 EUR", "Julebord", "Tur"]);
    assert_eq!(page.reply.text.matches("Kommet inn</dt>").count(), 2);
    let mut leaders = Browser::of(&world, &leader).await;
    let page = leaders.open("/manage/orders").await;
    page.expect(200, &[&kr("250")]);
    assert!(!page.says("Tur") && !page.says("EUR"), "{}", page.text());
    let chosen = leaders.open(&format!("/manage/orders?event_id={others}")).await;
    chosen.expect(200, &["Ingen betalinger passer til utvalget."]);
    assert!(!chosen.says("Tur"));
    let (mine, theirs) = (world.order_id(&ida, &own).await, world.order_id(&ida, &others).await);
    assert_eq!(leaders.open(&format!("/manage/orders/{theirs}")).await.status(), 404);
    // A leader reads, and gives nothing back; he sees no address, as in the API.
    let page = leaders.open(&format!("/manage/orders/{mine}")).await;
    page.expect(200, &["ida Berg"]);
    assert!(!page.says("ida@example.org") && !page.has_form(&format!("/manage/orders/{mine}/refund")));
    let page = Browser::of(&world, &admin).await.open(&format!("/manage/orders/{mine}")).await;
    page.expect(200, &["ida@example.org", "Gi penger tilbake"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_money_and_test_money_are_never_added_up() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let event = world.paid_event(&admin, 5).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    for person in [&ida, &ola] {
        world.pays_for_a_seat(person, &event).await;
    }
    // Between the two the group went from trying it out to taking money.
    let place = world.database.place();
    tokio::task::spawn_blocking(move || {
        let last = "UPDATE orders SET test_mode = FALSE WHERE id = (SELECT id FROM orders ORDER BY id DESC LIMIT 1)";
        diesel::sql_query(last).execute(&mut Conn::open(&place).unwrap()).unwrap();
    })
    .await
    .unwrap();
    let page = Browser::of(&world, &admin).await.open("/manage/orders").await;
    let html = page.reply.text.replace('\u{a0}', " ");
    let (real, test) = html.split_once("Test: ingen av disse pengene er ekte.").expect("the sums of test money");
    for part in [real, test] {
        assert_eq!(part.matches("<dt>Kommet inn</dt><dd>250 kr</dd>").count(), 1, "{html}");
    }
    world.end().await;
}

/// A world with one paid seat: the treasurer, the event, whose seat it is, and the order.
async fn paid_seat() -> (World, Person, String, Person, String) {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let treasurer = world.treasurer().await;
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    world.pays_for_a_seat(&ida, &event).await;
    let order = world.order_id(&ida, &event).await;
    (world, treasurer, event, ida, order)
}

async fn refunded(world: &World, who: &Person, order: &str) -> String {
    let order = world.order(who, order).await;
    let refunds: Vec<&str> =
        order["refunds"].as_array().unwrap().iter().map(|refund| refund["status"].as_str().unwrap()).collect();
    format!("{} [{}]", order["amounts"]["refunded"].as_str().unwrap(), refunds.join(" "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_tells_its_story_from_the_first_click_to_the_last_refund() {
    let (world, treasurer, _, ida, order) = paid_seat().await;
    let refund = json!({ "amount": "99.50", "reason": "gikk tidlig" });
    assert_eq!(world.refund(&treasurer, &order, &refund, "key").await.status, 200);
    let mut browser = Browser::of(&world, &treasurer).await;
    let page = browser.open(&format!("/manage/orders/{order}")).await;
    page.expect(200, &["ida Berg", "Julebord", "Betalt", "Har plass", "Gjennomført", "gikk tidlig"]);
    let text = page.text();
    let (_, story) = text.split_once("Dette har skjedd").unwrap();
    let told = [
        "ida Berg meldte seg på og fikk holdt av en plass.".to_owned(),
        "Vipps gjorde en betaling klar.".to_owned(),
        "ida Berg gikk til Vipps for å betale.".to_owned(),
        format!("{} ble godkjent og er reservert i Vipps.", kr("250")),
        "Betalingen er godkjent, og plassen er bekreftet.".to_owned(),
        format!("{} ble trukket med Vipps.", kr("250")),
        "Status: Betalt.".to_owned(),
        format!("treasurer Berg ba om å betale tilbake {}: «gikk tidlig»", kr("99,50")),
        format!("{} er betalt tilbake med Vipps.", kr("99,50")),
        format!("Tilbakebetalingen av {} er gjennomført.", kr("99,50")),
    ];
    let places: Vec<Option<usize>> = told.iter().map(|line| story.find(line.as_str())).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} {story}");
    browser.language = "en";
    browser
        .open(&format!("/manage/orders/{order}"))
        .await
        .expect(200, &["What happened", "ida Berg went to Vipps to pay.", "treasurer Berg asked to refund NOK 99.50"]);
    assert_eq!(refunded(&world, &ida, &order).await, "99.50 [done]");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_double_press_gives_money_back_once() {
    let (world, treasurer, _, ida, order) = paid_seat().await;
    let mut browser = Browser::of(&world, &treasurer).await;
    let (path, action) = (format!("/manage/orders/{order}"), format!("/manage/orders/{order}/refund"));
    let page = browser.open(&path).await;
    let fields = page.fields(&action);
    assert!(fields.contains(&("amount".to_owned(), "250".to_owned())), "{fields:?}");
    for (amount, reason, status, words) in [
        ("", "x", 422, "Skriv et beløp over null"),
        ("0", "x", 422, "Skriv et beløp over null"),
        ("tusen", "x", 422, "Skriv et beløp over null"),
        ("100", " ", 422, "Skriv en kort begrunnelse."),
        ("250,01", "x", 409, "Beløpet er større enn det som er igjen"),
    ] {
        let refused = browser.press(&page, &action, &[("amount", amount), ("reason", reason)]).await;
        refused.expect(status, &[words, "ida Berg"]);
        let kept = refused.fields(&action);
        assert!(kept.contains(&("amount".to_owned(), amount.to_owned())), "what was written stays: {kept:?}");
        assert!(refused.has_link(&format!("/language/en?back={path}")));
    }
    assert_eq!(refunded(&world, &ida, &order).await, "0.00 []");
    let filled = [("amount", "99,50"), ("reason", "ble syk")];
    let mut twin = Browser::new(&world.url());
    twin.cookies.clone_from(&browser.cookies);
    let (one, two) = tokio::join!(browser.press(&page, &action, &filled), twin.press(&page, &action, &filled));
    for pressed in [&one, &two] {
        assert!(pressed.status() == 303 || pressed.says("Vi holder på"), "{}", pressed.text());
    }
    let reloaded = browser.press(&page, &action, &filled).await;
    assert_eq!(reloaded.leads_to(), (303, format!("{path}?done=refund").as_str()));
    browser.follow(&reloaded).await.expect(200, &["Pengene er gitt tilbake.", &kr("99,50")]);
    assert_eq!(refunded(&world, &ida, &order).await, "99.50 [done]");
    // Somebody goes back, changes the amount and sends the old form again.
    let changed = browser.press(&page, &action, &[("amount", "50"), ("reason", "ble syk")]).await;
    changed.expect(422, &["Skjemaet er allerede sendt én gang."]);
    // The page offers what is left, under a new key.
    let page = browser.open(&path).await;
    assert!(page.fields(&action).contains(&("amount".to_owned(), "150,50".to_owned())));
    let rest = browser.press(&page, &action, &[("reason", "resten")]).await;
    let page = browser.follow(&rest).await;
    page.expect(200, &["Betalt tilbake", "resten"]);
    assert!(!page.has_form(&action), "nothing is left");
    assert_eq!(refunded(&world, &ida, &order).await, "250.00 [done done]");
    // A day later nobody remembers the key any more, and the form is not taken.
    world.pass(TimeDelta::hours(25)).await;
    browser
        .press(&changed, &action, &[("amount", "1"), ("reason", "x")])
        .await
        .expect(403, &["Skjemaet er for gammelt"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_on_its_way_and_one_that_vipps_refuses_are_told_apart() {
    let (world, treasurer, _, _, order) = paid_seat().await;
    let mut browser = Browser::of(&world, &treasurer).await;
    let (path, action) = (format!("/manage/orders/{order}"), format!("/manage/orders/{order}/refund"));
    world.faults(json!([{ "on": "refund", "do": "status", "status": 503 }])).await;
    let page = browser.open(&path).await;
    let pressed = browser.press(&page, &action, &[("amount", "100"), ("reason", "x")]).await;
    let page = browser.follow(&pressed).await;
    page.expect(200, &["Tilbakebetalingen er på vei.", "På vei"]);
    assert!(page.reply.text.contains("data-live=\"5\""), "it looks again by itself");
    // Vipps does not answer at all: the page says so, and nothing is lost.
    world
        .faults(
            json!([{ "on": "refund", "do": "status", "status": 503 }, { "on": "get", "do": "status", "status": 503 }]),
        )
        .await;
    let asked = browser.press(&page, &format!("{path}/sync"), &[]).await;
    asked.expect(503, &["Vipps svarer ikke akkurat nå.", "ida Berg"]);
    world.no_more_faults().await;
    world.pass(TimeDelta::hours(1)).await;
    let page = browser.open(&path).await;
    let asked = browser.press(&page, &format!("{path}/sync"), &[]).await;
    assert_eq!(asked.leads_to(), (303, format!("{path}?done=asked").as_str()));
    browser.follow(&asked).await.expect(200, &["Vipps har svart", "Gjennomført"]);
    world.faults(json!([{ "on": "refund", "do": "status", "status": 400, "code": "6260" }])).await;
    let page = browser.open(&path).await;
    let pressed = browser.press(&page, &action, &[("amount", "50"), ("reason", "x")]).await;
    let page = browser.follow(&pressed).await;
    page.expect(200, &["Vipps avviste tilbakebetalingen.", "Avvist", "Noen må se på dette"]);
    page.expect(200, &["Vipps ville ikke betale tilbake. Prøv igjen, eller gjør det i Vipps-portalen."]);
    let listed = browser.open("/manage/orders?needs_attention=true").await;
    listed.expect(200, &["ida Berg", "Vipps ville ikke betale tilbake."]);
    world.no_more_faults().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_is_given_back_by_record_and_an_unpaid_order_shows_its_link() {
    let world = World::begin().await;
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let event = world.paid_event(&organizer, 5).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let sale = json!({ "user_id": ida.id, "paid_outside": { "reason": "kontant" } });
    assert_eq!(world.post(&organizer, &format!("/events/{event}/registrations"), &sale).await.status, 201);
    assert_eq!(world.sign_up(&ola, &event).await.status, 201);
    world.settle().await;
    let mut browser = Browser::of(&world, &treasurer).await;
    let order = world.order_id(&ida, &event).await;
    let (path, action) = (format!("/manage/orders/{order}"), format!("/manage/orders/{order}/refund"));
    let page = browser.open(&path).await;
    page.expect(200, &["Ført som betalt utenom Vipps: «kontant»", "dem må du gi tilbake selv", "Før som gitt tilbake"]);
    assert!(!page.has_form(&format!("{path}/sync")), "Vipps knows nothing of it");
    let pressed = browser.press(&page, &action, &[("amount", "50"), ("reason", "avslag")]).await;
    let told = format!("treasurer Berg førte {} som gitt tilbake utenom Vipps: «avslag»", kr("50"));
    browser.follow(&pressed).await.expect(200, &["Pengene er gitt tilbake.", &told]);
    let order = world.order_id(&ola, &event).await;
    let page = browser.open(&format!("/manage/orders/{order}")).await;
    page.expect(200, &["Ikke betalt ennå", "Betalingslenka"]);
    assert!(page.has_link(&world.link(&ola, &event).await));
    world.end().await;
}
