//! Two doors, two keys: the cookie of the pages opens nothing of the API, a token of the API nothing of the pages, and no
//! other site can have somebody's browser sign in, sign out or send what only our own pages send.

use plass::domain::permission::Role;
use reqwest::header::{HeaderName, HeaderValue};

use crate::support::pages::{Browser, PASSWORD};
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_key_opens_the_other_door() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let browser = Browser::of(&world, &admin).await;
    let secret = browser.cookies["plass_session"].clone();
    for (pattern, methods) in plass::http::listed_routes() {
        if !pattern.starts_with("/api/") {
            continue;
        }
        for method in methods {
            let path = pattern.replace(['{', '}'], "");
            let ask = || world.client.request(method.as_str().parse().unwrap(), format!("{}{path}", world.url()));
            let nobody = world.send(ask()).await;
            let with_cookie = world.send(ask().header("Cookie", format!("plass_session={secret}"))).await;
            assert_eq!(with_cookie.status, nobody.status, "{method} {pattern} with a cookie");
            let as_token = world.send(ask().bearer_auth(&secret)).await;
            assert!(
                as_token.status == 401 || as_token.status == nobody.status,
                "{method} {pattern}: {}",
                as_token.status
            );
        }
    }
    for path in ["/my", "/my/payments", "/manage", "/manage/orders"] {
        let page = world.client.get(format!("{}{path}", world.url()));
        for request in [
            page.try_clone().unwrap().bearer_auth(&admin.token),
            page.try_clone().unwrap().header("Cookie", format!("plass_session={}", admin.token)),
            world.client.get(format!("{}{path}?plass_session={secret}", world.url())),
        ] {
            let reply = request.header("Accept", "text/html").send().await.unwrap();
            let leads_to = reply.headers().get("location").map_or("", |to| to.to_str().unwrap());
            assert!(reply.status() == 400 || leads_to.starts_with("/login"), "{path} {}", reply.status());
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_site_signs_anybody_in() {
    let world = World::begin().await;
    let mallory = world.person("mallory").await;
    let form = format!("email={}&password={}", mallory.email, PASSWORD.replace(' ', "+"));
    for (header, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", ""),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "nonsense"),
    ] {
        let request = world.client.post(format!("{}/login", world.url())).body(form.clone());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header(HeaderName::from_static(header), HeaderValue::from_static(value));
        let reply = request.header("accept", "text/html").send().await.unwrap();
        assert_eq!((reply.status().as_u16(), reply.headers().get("set-cookie")), (403, None), "{header}: {value}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_with_a_form_says_where_its_forms_come_from() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 2).await;
    let ida = world.person("ida").await;
    world.opens_a_payment(&ida, &event).await;
    let link = world.link(&ida, &event).await;
    let mut browser = Browser::of(&world, &ida).await;
    for path in ["/", "/my", "/events/00000000-0000-0000-0000-000000000000", "/manage", &format!("/events/{event}")] {
        let page = browser.open(path).await;
        assert!(page.has_form("/logout"), "{path}");
        assert_eq!(page.reply.header("referrer-policy"), "same-origin", "{path}");
    }
    // An address that is a key goes nowhere, not even in a referrer.
    let secret = link.strip_prefix(&world.url()).unwrap();
    for path in [secret, &format!("{secret}/return"), "/pay/unknown", "/invite/unknown"] {
        let page = browser.open(path).await;
        assert_eq!(page.reply.header("referrer-policy"), "no-referrer", "{path}");
    }
    // From a page that could not be found a browser that says nothing else signs out all the same.
    let lost = browser.open("/manage").await;
    assert_eq!(browser.press(&lost, "/logout", &[]).await.leads_to(), (303, "/"));
    world.end().await;
}
