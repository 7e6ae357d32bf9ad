//! Somebody who knows every id of another person, and tries each of them in every place of every address there is: he
//! learns nothing about that person and changes nothing of theirs. A new address is tried without a line here.

use serde_json::{Value, json};

use crate::support::pages::Browser;
use crate::support::world::{Person, World};

/// What only Ida and those who work for her may know.
const SECRETS: [&str; 3] = ["hemmelig-ida", "Hemmeligsen", "4799887766"];

struct Victim {
    person: Person,
    event: String,
    ids: Vec<String>,
}

/// Ida has a paid seat at one event, waits at another, and a part of her money went back.
async fn victim(world: &World) -> Victim {
    let (organizer, treasurer) = (world.organizer().await, world.treasurer().await);
    let person = world.person("hemmelig-ida").await;
    let profile = json!({ "last_name": "Hemmeligsen", "phone": "+4799887766" });
    assert_eq!(world.patch(&person, "/me", &profile).await.status, 200);
    let (event, full) = (world.paid_event(&organizer, 5).await, world.event(&organizer, 1, json!({})).await);
    world.pays_for_a_seat(&person, &event).await;
    world.sign_up(&treasurer, &full).await;
    assert_eq!(world.sign_up(&person, &full).await.json["status"], "waitlisted");
    let order = world.order_id(&person, &event).await;
    let part = json!({ "amount": "50", "reason": "a broken chair" });
    assert!(world.refund(&treasurer, &order, &part, "part").await.status < 300);
    world.settle().await;
    let grant = world.get(&world.officer("admin", plass::domain::permission::Role::Admin).await, "/grants").await;
    let shown = world.order(&person, &order).await;
    let registration = world.registration(&person, &event).await;
    let ids = [
        Some(person.id.as_str()),
        Some(order.as_str()),
        Some(event.as_str()),
        Some(full.as_str()),
        registration["registration_id"].as_str(),
        shown["refunds"][0]["refund_id"].as_str(),
        shown["attempts"][0]["reference"].as_str(),
        grant.json["results"][0]["grant_id"].as_str(),
        Some("sosialen"),
    ];
    let ids = ids.into_iter().map(|id| id.expect("an id").to_owned()).collect();
    Victim { person, event, ids }
}

/// Everything that Ida sees of her own.
async fn all_of(world: &World, victim: &Victim) -> Vec<String> {
    let mut seen = Vec::new();
    for path in ["/me", "/me/registrations", "/me/orders"] {
        seen.push(world.get(&victim.person, path).await.text);
    }
    seen
}

/// The addresses that a pattern makes with every id in every place.
fn filled(pattern: &str, ids: &[String]) -> Vec<String> {
    let mut made = vec![String::new()];
    for part in pattern.split('/').skip(1) {
        // Who holds such a link may follow it: it is the key itself.
        let choices = match part {
            "{token}" => vec!["unknown".to_owned()],
            "{language}" => vec!["en".to_owned()],
            part if part.starts_with('{') => ids.to_vec(),
            part => vec![part.to_owned()],
        };
        made = made.iter().flat_map(|made| choices.iter().map(move |choice| format!("{made}/{choice}"))).collect();
    }
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_knows_every_id_of_another_learns_and_changes_nothing() {
    let world = World::begin().await;
    let victim = victim(&world).await;
    let mallory = world.person("mallory").await;
    // He stands beside her at the same event, so that a mistake of "one of those" would show.
    world.pays_for_a_seat(&mallory, &victim.event).await;
    world.settle().await;
    let before = all_of(&world, &victim).await;
    let id = &victim.person.id;
    let bodies = [
        Value::Null,
        json!({}),
        json!({ "user_id": id }),
        json!({ "user_id": id, "role": "admin" }),
        json!({ "reason": "because", "user_id": id }),
        json!({ "allow_photo": false }),
        json!({ "email": "mallory2@example.org" }),
        json!({ "role": "leader" }),
    ];
    let mut tried = 0;
    for (pattern, methods) in plass::http::listed_routes() {
        for (method, path) in methods
            .iter()
            .flat_map(|method| filled(&pattern, &victim.ids).into_iter().map(move |path| (method.as_str(), path)))
        {
            // What is his own he may change: his password, his seat.
            if !pattern.contains('{') && method != "GET" && pattern.contains("/auth/") || pattern.ends_with("/password")
            {
                continue;
            }
            let bodies = if method == "GET" { &bodies[..1] } else { &bodies[..] };
            for body in bodies {
                let request = world.client.request(method.parse().unwrap(), format!("{}{path}", world.url()));
                let request = request.bearer_auth(&mallory.token).header("Idempotency-Key", format!("k{tried}"));
                let request = if body.is_null() { request } else { request.json(body) };
                let reply = world.send(request).await;
                tried += 1;
                for secret in SECRETS {
                    assert!(!reply.text.contains(secret), "{method} {path} {body}: {}", reply.text);
                }
            }
        }
    }
    assert!(tried > 2_000, "{tried}");
    world.settle().await;
    assert_eq!(all_of(&world, &victim).await, before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_knows_every_id_of_another_learns_nothing_on_the_pages() {
    let world = World::begin().await;
    let victim = victim(&world).await;
    let mallory = world.person("mallory").await;
    world.pays_for_a_seat(&mallory, &victim.event).await;
    let before = all_of(&world, &victim).await;
    let mut browser = Browser::of(&world, &mallory).await;
    let token = browser.open("/").await.fields("/logout").swap_remove(0).1;
    let fields = |more: &[(&str, &str)]| -> Vec<(String, String)> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        more.chain([("form_token".to_owned(), token.clone())]).collect()
    };
    let id = victim.person.id.as_str();
    let forms = [
        fields(&[]),
        fields(&[("reason", "because"), ("key", "k")]),
        fields(&[("amount", "1"), ("reason", "because"), ("key", "k")]),
        fields(&[("user_id", id), ("key", "k")]),
        fields(&[("attended", "true")]),
        fields(&[("refund", "full")]),
    ];
    let mut tried = 0;
    // Everybody's letters are shown in the demo alone, and a world keeps them as the demo does.
    let own = ["/login", "/logout", "/demo/clock", "/letters"];
    for (pattern, methods) in plass::http::listed_pages() {
        for method in methods.iter().filter(|_| !own.iter().any(|own| pattern.starts_with(own))) {
            for path in filled(&pattern, &victim.ids) {
                let forms = if method.as_str() == "GET" { &forms[..1] } else { &forms[..] };
                for form in forms {
                    let seen = if method.as_str() == "GET" {
                        browser.open(&path).await
                    } else {
                        browser.post(&path, form).await
                    };
                    tried += 1;
                    assert!(seen.status() < 500, "{method} {path}");
                    for secret in SECRETS {
                        assert!(!seen.reply.text.contains(secret), "{method} {path}: {}", seen.text());
                    }
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
    world.settle().await;
    assert_eq!(all_of(&world, &victim).await, before);
    world.end().await;
}
