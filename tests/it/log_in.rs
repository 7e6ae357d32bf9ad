//! Signing in, staying in, leaving, and setting a password.

use chrono::TimeDelta;
use serde_json::json;

use crate::support::people::{House, PASSWORD, Reply, text};

async fn log_in(house: &House, email: &str, password: &str) -> Reply {
    house.post("/auth/login", None, &json!({ "email": email, "password": password })).await
}

async fn refresh(house: &House, token: &str) -> Reply {
    house.post("/auth/refresh", None, &json!({ "refresh_token": token })).await
}

async fn knows(house: &House, token: &str) -> bool {
    house.get("/me", Some(token)).await.status == 200
}

#[actix_web::test]
async fn a_login_hands_out_a_pair() {
    let house = House::open().await;
    let reply = log_in(&house, "  Admin@Example.ORG ", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!((text(&reply, "token_type"), &reply.json["expires_in"]), ("Bearer", &json!(900)));
    let me = house.get("/me", Some(text(&reply, "access_token"))).await;
    assert_eq!((text(&me, "email"), &me.json["groups"]), ("admin@example.org", &json!([])));
    assert_eq!(me.json["permissions"].as_array().unwrap().len(), 9);
    let wrong = log_in(&house, "admin@example.org", "wrong").await;
    let unknown = log_in(&house, "nobody@example.org", "wrong").await;
    assert_eq!((wrong.refusal(), unknown.refusal()), ((401, "invalid_credentials"), (401, "invalid_credentials")));
    assert_eq!(wrong.json["detail"], unknown.json["detail"]);
    house.close().await;
}

#[actix_web::test]
async fn an_access_token_lasts_a_quarter_of_an_hour() {
    let house = House::open().await;
    let admin = house.admin().await;
    house.app.clock.advance(TimeDelta::days(40));
    assert!(knows(&house, &admin.token).await);
    house.app.clock.advance_machine(TimeDelta::minutes(14));
    assert!(knows(&house, &admin.token).await);
    house.app.clock.advance_machine(TimeDelta::minutes(2));
    assert!(!knows(&house, &admin.token).await);
    house.close().await;
}

#[actix_web::test]
async fn the_sixth_guess_has_to_wait() {
    let house = House::open().await;
    for email in ["admin@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            assert_eq!(log_in(&house, email, "wrong").await.status, 401);
        }
        let slow = log_in(&house, email, PASSWORD).await;
        assert_eq!(slow.refusal(), (429, "too_many_requests"), "{}", slow.text);
        let seconds: i64 = slow.header("retry-after").parse().unwrap();
        assert!((880..=900).contains(&seconds), "{seconds}");
        assert!(slow.json["retry_at"].is_string());
    }
    house.app.clock.advance_machine(TimeDelta::minutes(15));
    assert_eq!(log_in(&house, "admin@example.org", PASSWORD).await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn a_success_forgives_the_failures() {
    let house = House::open().await;
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(log_in(&house, "admin@example.org", "wrong").await.status, 401);
        }
        assert_eq!(log_in(&house, "admin@example.org", PASSWORD).await.status, 200);
    }
    house.close().await;
}

#[actix_web::test]
async fn many_guesses_at_once_are_no_faster() {
    let house = House::open().await;
    let guesses = (0..20).map(|_| log_in(&house, "admin@example.org", "wrong"));
    let replies = futures_util::future::join_all(guesses).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 401).count(), 5);
    assert_eq!(log_in(&house, "admin@example.org", PASSWORD).await.status, 429);
    house.close().await;
}

#[actix_web::test]
async fn refresh_tokens_rotate_and_a_late_reuse_ends_the_login() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let second = refresh(&house, &ida.refresh_token).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(text(&second, "refresh_token"), ida.refresh_token);
    // A second tab, or a lost answer.
    house.app.clock.advance_machine(TimeDelta::seconds(20));
    let third = refresh(&house, &ida.refresh_token).await;
    assert_eq!(third.status, 200);
    let elsewhere = house.signs_in("ida").await;
    house.app.clock.advance_machine(TimeDelta::seconds(11));
    assert!(knows(&house, text(&third, "access_token")).await);
    assert_eq!(refresh(&house, &ida.refresh_token).await.refusal(), (401, "unauthenticated"));
    for reply in [&second, &third] {
        assert_eq!(refresh(&house, text(reply, "refresh_token")).await.status, 401);
        assert!(!knows(&house, text(reply, "access_token")).await);
    }
    assert!(knows(&house, &elsewhere.token).await);
    house.close().await;
}

#[actix_web::test]
async fn a_refresh_token_lasts_thirty_days() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    house.app.clock.advance_machine(TimeDelta::days(29));
    let next = refresh(&house, &ida.refresh_token).await;
    assert_eq!(next.status, 200);
    house.app.clock.advance_machine(TimeDelta::days(31));
    assert_eq!(refresh(&house, text(&next, "refresh_token")).await.status, 401);
    assert_eq!(refresh(&house, "nonsense").await.refusal(), (401, "unauthenticated"));
    let machine_now = house.app.clock.machine_now();
    let forgotten = house.app.store.change(move |tx| Ok(tx.forget_logins(machine_now)?)).await.unwrap();
    assert!(forgotten > 0, "old logins are forgotten");
    house.close().await;
}

#[actix_web::test]
async fn leaving_ends_the_login_at_once() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let leave = house.post("/auth/logout", None, &json!({ "refresh_token": ida.refresh_token })).await;
    assert_eq!((leave.status, leave.text.as_str()), (204, ""));
    assert!(!knows(&house, &ida.token).await);
    assert_eq!(refresh(&house, &ida.refresh_token).await.status, 401);
    house.close().await;
}

#[actix_web::test]
async fn a_new_password_ends_the_other_logins() {
    let house = House::open().await;
    let ida = house.person("ida").await;
    let elsewhere = house.signs_in("ida").await;
    let change = |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        let request = house.request("POST", "/me/password", Some(&ida.token)).json(&body);
        house.send(request)
    };
    assert_eq!(change("wrong", "a new password").await.refusal(), (403, "invalid_credentials"));
    assert_eq!(change(PASSWORD, "short").await.pointers(), ["/new"]);
    assert_eq!(change(PASSWORD, "a new password").await.status, 204);
    assert!(knows(&house, &ida.token).await);
    assert!(!knows(&house, &elsewhere.token).await);
    assert_eq!(log_in(&house, "ida@example.org", PASSWORD).await.status, 401);
    assert_eq!(log_in(&house, "ida@example.org", "a new password").await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn a_one_time_link_sets_a_password_once() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let path = format!("/users/{}/invite", ida.id);
    let old = house.post(&path, Some(&admin.token), &json!({})).await;
    let made = house.send(house.request("POST", &path, Some(&admin.token))).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let page = |reply: &Reply| text(reply, "link").replace("https://plass.test", "/");
    assert_eq!(house.get(&page(&old), None).await.status, 410);
    let shown = house.get(&page(&made), None).await;
    assert_eq!((shown.status, shown.text.contains("<form")), (200, true));
    assert!(shown.header("content-security-policy").contains("form-action 'self'"));
    let fill = |password: &str| {
        let form = format!("password={}", password.replace(' ', "+"));
        let request =
            house.request("POST", &page(&made), None).header("content-type", "application/x-www-form-urlencoded");
        house.send(request.body(form))
    };
    assert_eq!(fill("short").await.status, 422);
    assert_eq!(fill("from the link").await.status, 200);
    assert_eq!(fill("from the link").await.status, 410);
    assert!(!knows(&house, &ida.token).await);
    assert_eq!(log_in(&house, "ida@example.org", "from the link").await.status, 200);
    house.close().await;
}

#[actix_web::test]
async fn a_link_grows_old() {
    let house = House::open().await;
    let (admin, ida) = (house.admin().await, house.person("ida").await);
    let made = house.post(&format!("/users/{}/invite", ida.id), Some(&admin.token), &json!({})).await;
    let page = text(&made, "link").replace("https://plass.test", "/");
    house.app.clock.advance_machine(TimeDelta::days(7));
    assert_eq!(house.get(&page, None).await.status, 410);
    house.close().await;
}
