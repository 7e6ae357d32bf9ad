//! Signing in and out on the pages, and what keeps a login safe: cookies that no script reads, a secret that is new at
//! each login, forms that are ours. And the language, which is remembered.

use crate::support::pages::{Browser, PASSWORD};
use crate::support::people::{House, Reply};
use crate::support::world::World;

const SESSION: &str = "plass_session";

fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn cookie<'r>(reply: &'r Reply, name: &str) -> &'r str {
    let cookies = reply.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    cookies.into_iter().find(|cookie| cookie.starts_with(&format!("{name}="))).expect("a cookie")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_is_a_cookie_that_no_script_reads_and_no_other_site_sends() {
    let world = World::begin().await;
    let ida = world.person("ida").await;
    let mut browser = Browser::new(&world.url());
    let page = browser.open("/login?next=/my").await;
    page.expect(200, &["Logg inn", "E-postadresse", "Passord"]);
    let seen = browser.press(&page, "/login", &[("email", &ida.email), ("password", PASSWORD)]).await;
    assert_eq!(seen.leads_to(), (303, "/my"));
    let cookie = cookie(&seen.reply, SESSION);
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let start = browser.open("/login?next=/my").await;
    assert_eq!(start.leads_to(), (303, "/my"), "whoever is signed in goes on");
    world.end().await;
}

#[actix_web::test]
async fn over_tls_the_cookie_belongs_to_this_very_host() {
    let house = House::open().await;
    let mut browser = Browser::new(&house.url);
    let form = fields(&[("email", "admin@example.org"), ("password", PASSWORD)]);
    let seen = browser.post_from("https://plass.test", "/login", &form).await;
    let cookie = cookie(&seen.reply, "__Host-plass_session");
    assert!(cookie.contains("Secure") && cookie.contains("Path=/") && !cookie.contains("Domain"), "{cookie}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_login_has_a_secret_of_its_own_and_ends_the_one_before() {
    let world = World::begin().await;
    let ida = world.person("ida").await;
    let mut browser = Browser::of(&world, &ida).await;
    let first = browser.cookies[SESSION].clone();
    // Somebody who planted a secret of his own before the login learns nothing.
    let form = fields(&[("email", &ida.email), ("password", PASSWORD)]);
    assert_eq!(browser.post("/login", &form).await.status(), 303);
    let second = browser.cookies[SESSION].clone();
    assert_ne!(first, second);
    browser.cookies.insert(SESSION.to_owned(), first);
    assert_eq!(browser.open("/my").await.leads_to(), (303, "/login?next=/my"));
    browser.cookies.insert(SESSION.to_owned(), "planted".to_owned());
    assert_eq!(browser.post("/login", &form).await.status(), 303);
    assert_ne!(browser.cookies[SESSION], "planted");
    assert_eq!(browser.open("/my").await.status(), 200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_signs_out_is_gone_and_so_is_the_cookie() {
    let world = World::begin().await;
    let ida = world.person("ida").await;
    let mut browser = Browser::of(&world, &ida).await;
    let secret = browser.cookies[SESSION].clone();
    let page = browser.open("/my").await;
    assert_eq!(browser.press(&page, "/logout", &[]).await.leads_to(), (303, "/"));
    assert!(!browser.cookies.contains_key(SESSION));
    browser.cookies.insert(SESSION.to_owned(), secret);
    assert_eq!(browser.open("/my").await.leads_to(), (303, "/login?next=/my"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_says_so_and_keeps_the_address() {
    let world = World::begin().await;
    let ida = world.person("ida").await;
    let mut browser = Browser::new(&world.url());
    let page = browser.open("/login?next=/my").await;
    let wrong = browser.press(&page, "/login", &[("email", &ida.email), ("password", "wrong")]).await;
    wrong.expect(401, &["E-postadressen eller passordet er feil."]);
    let kept = wrong.fields("/login");
    assert!(
        kept.contains(&("email".to_owned(), ida.email.clone()))
            && kept.contains(&("next".to_owned(), "/my".to_owned()))
    );
    assert!(kept.contains(&("password".to_owned(), String::new())), "{kept:?}");
    for _ in 0..4 {
        assert_eq!(browser.press(&page, "/login", &[("email", &ida.email), ("password", "wrong")]).await.status(), 401);
    }
    let slow = browser.press(&page, "/login", &[("email", &ida.email), ("password", PASSWORD)]).await;
    slow.expect(429, &["For mange forsøk"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_login_leads_out_of_the_house() {
    let world = World::begin().await;
    let ida = world.person("ida").await;
    for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let mut browser = Browser::new(&world.url());
        let form = fields(&[("email", &ida.email), ("password", PASSWORD), ("next", next)]);
        assert_eq!(browser.post("/login", &form).await.leads_to(), (303, "/"), "{next}");
    }
    let mut browser = Browser::new(&world.url());
    assert_eq!(browser.open("/language/en?back=//evil.example").await.leads_to(), (303, "/"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_not_ours_changes_nothing_and_says_so() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.event(&organizer, 3, serde_json::json!({})).await;
    let (ida, ola) = (world.person("ida").await, world.person("ola").await);
    let (mut idas, mut olas) = (Browser::of(&world, &ida).await, Browser::of(&world, &ola).await);
    let path = format!("/events/{event}/sign-up");
    let page = idas.open(&format!("/events/{event}")).await;
    let good = page.fields(&path);
    let foreign = olas.open(&format!("/events/{event}")).await.fields(&path);
    for form in [fields(&[]), fields(&[("form_token", "")]), fields(&[("form_token", "abc")]), foreign] {
        idas.post(&path, &form).await.expect(403, &["Åpne siden på nytt", "Skjemaet er for gammelt"]);
    }
    for origin in ["https://evil.example", "null"] {
        idas.post_from(origin, &path, &good).await.expect(403, &["Skjemaet er for gammelt"]);
    }
    let logout = idas.post_from("https://evil.example", "/logout", &good).await;
    assert_eq!(logout.status(), 403);
    assert_eq!(world.get(&ida, &format!("/events/{event}/registrations/me")).await.status, 404);
    assert_eq!(idas.post(&path, &good).await.status(), 303);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_language_is_the_browsers_until_somebody_chooses() {
    let world = World::begin().await;
    let mut browser = Browser::new(&world.url());
    browser.open("/login").await.expect(200, &["Logg inn"]);
    browser.language = "en-GB,en;q=0.9";
    let page = browser.open("/login?next=/my").await;
    page.expect(200, &["Sign in"]);
    assert!(page.has_link("/language/nb?back=/login%3Fnext%3D/my"), "{}", page.reply.text);
    let chosen = browser.open("/language/nb?back=/login%3Fnext%3D/my").await;
    assert_eq!(chosen.leads_to(), (303, "/login?next=/my"));
    browser.follow(&chosen).await.expect(200, &["Logg inn"]);
    browser.open("/language/de").await.expect(404, &["Det finnes ikke noe her"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_there_is_a_page_in_the_readers_language() {
    let world = World::begin().await;
    let ida = world.person("ida").await;
    let mut browser = Browser::of(&world, &ida).await;
    for path in ["/nowhere", "/events/abc", "/events/00000000-0000-0000-0000-000000000000", "/logout"] {
        let page = browser.open(path).await;
        assert!(matches!(page.status(), 404 | 405), "{path} {}", page.status());
        let told = if page.status() == 404 { "Det finnes ikke noe her" } else { "Metoden brukes ikke her" };
        assert!(page.says(told) && page.has_link("/"), "{path}: {}", page.text());
    }
    browser.language = "en";
    browser.open("/nowhere").await.expect(404, &["There is nothing here", "To the events"]);
    world.end().await;
}
