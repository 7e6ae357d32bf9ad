//! Many at once: whoever comes first is decided one at a time, nothing is given twice, and nobody hears that we could
//! not cope.

use futures_util::future::join_all;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::support::people::{House, Person, Reply, text};

/// A house with one event in it.
struct Crowded {
    house: House,
    admin: Person,
    event: String,
}

impl Crowded {
    async fn open(limit: usize, price: Option<&str>) -> Self {
        let house = House::open().await;
        let admin = house.admin().await;
        let group = json!({ "slug": "sosialen", "name": "Sosialen", "kind": "committee" });
        assert_eq!(house.post("/groups", Some(&admin.token), &group).await.status, 201);
        let paid = price.map(|price| json!({ "price": price, "paytime": "02:00" }));
        let event = json!({
            "title": "Julebord", "organizer": "sosialen", "limit": limit, "paid_information": paid,
            "start_date": "2026-02-01T18:00:00Z", "end_date": "2026-02-01T23:00:00Z",
        });
        let made = house.post("/events", Some(&admin.token), &event).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let event = format!("/events/{}", text(&made, "id"));
        Self { house, admin, event }
    }

    async fn signs_up(&self, person: &Person) -> Reply {
        self.house.post(&format!("{}/registrations", self.event), Some(&person.token), &json!({})).await
    }

    async fn signs_off(&self, person: &Person) -> Reply {
        self.house.delete(&format!("{}/registrations/me", self.event), &person.token).await
    }

    async fn sets(&self, changes: Value) -> Reply {
        self.house.patch(&self.event, &self.admin.token, &changes).await
    }

    /// Everybody who is active, as the organizers see them.
    async fn list(&self) -> Vec<Value> {
        let mut found = Vec::new();
        let mut path = format!("{}/registrations?limit=100", self.event);
        loop {
            let page = self.house.get(&path, Some(&self.admin.token)).await;
            assert_eq!(page.status, 200, "{}", page.text);
            found.extend(page.json["results"].as_array().unwrap().iter().cloned());
            match page.json["next_cursor"].as_str() {
                Some(cursor) => path = format!("{}/registrations?limit=100&cursor={cursor}", self.event),
                None => return found,
            }
        }
    }

    /// So many seats are held, so many wait, and the queue is numbered without a gap.
    #[track_caller]
    fn check(&self, list: &[Value], seats: usize, waiting: usize) {
        let held = list.iter().filter(|one| one["is_on_wait"] == false).count();
        let numbers: Vec<u64> = list.iter().filter_map(|one| one["wait_queue_number"].as_u64()).collect();
        assert_eq!((held, numbers.len()), (seats, waiting));
        assert!((1..).take(numbers.len()).eq(numbers.iter().copied()), "{numbers:?}");
        let mut people: Vec<&str> = list.iter().map(|one| one["user"]["user_id"].as_str().unwrap()).collect();
        people.sort_unstable();
        people.dedup();
        assert_eq!(people.len(), list.len(), "somebody is there twice");
    }

    /// The counts that the event itself keeps.
    async fn counts(&self) -> (Value, Value) {
        let event = self.house.get(&self.event, None).await;
        (event.json["list_count"].clone(), event.json["waiting_list_count"].clone())
    }
}

#[track_caller]
fn check_all(replies: &[Reply], status: u16) {
    for reply in replies {
        assert_eq!(reply.status, status, "{}", reply.text);
    }
}

async fn check_last_seats(people: usize, limit: usize, price: Option<&str>) {
    let crowded = Crowded::open(limit, price).await;
    let crowd = crowded.house.crowd(people).await;
    let replies = join_all(crowd.iter().map(|person| crowded.signs_up(person))).await;
    check_all(&replies, 201);
    // What each was told at once is what they have.
    let answers: Vec<Value> = replies.into_iter().map(|reply| reply.json).collect();
    let seated = if price.is_some() { "awaiting_payment" } else { "confirmed" };
    assert_eq!(answers.iter().filter(|one| one["status"] == seated).count(), limit);
    assert_eq!(answers.iter().filter(|one| one["order"].is_object()).count(), if price.is_some() { limit } else { 0 });
    let mut numbers: Vec<u64> = answers.iter().filter_map(|one| one["wait_queue_number"].as_u64()).collect();
    numbers.sort_unstable();
    assert!((1..).take(people - limit).eq(numbers));
    crowded.check(&crowded.list().await, limit, people - limit);
    assert_eq!(crowded.counts().await, (json!(limit), json!(people - limit)));
    crowded.house.close().await;
}

#[actix_web::test]
async fn hundreds_at_once_get_exactly_the_seats_there_are() {
    check_last_seats(240, 37, None).await;
}

#[actix_web::test]
async fn hundreds_at_once_hold_exactly_the_paid_seats_there_are() {
    check_last_seats(120, 21, Some("250")).await;
}

#[actix_web::test]
async fn seats_given_up_while_others_arrive_go_to_whoever_waits() {
    let crowded = Crowded::open(20, None).await;
    let crowd = crowded.house.crowd(100).await;
    let (early, late) = crowd.split_at(40);
    // One after the other, so that the first twenty hold the seats.
    for person in early {
        check_all(&[crowded.signs_up(person).await], 201);
    }
    let (off, on) = futures_util::future::join(
        join_all(early[..20].iter().map(|person| crowded.signs_off(person))),
        join_all(late.iter().map(|person| crowded.signs_up(person))),
    )
    .await;
    check_all(&off, 204);
    check_all(&on, 201);
    let list = crowded.list().await;
    crowded.check(&list, 20, 60);
    assert_eq!(crowded.counts().await, (json!(20), json!(60)));
    // Nobody who came later was served before those who waited.
    let seated: Vec<&str> = list.iter().take(20).map(|one| one["user"]["user_id"].as_str().unwrap()).collect();
    assert!(early[20..].iter().all(|person| seated.contains(&person.id.as_str())), "{seated:?}");
    crowded.house.close().await;
}

#[actix_web::test]
async fn people_who_change_their_minds_at_once_leave_a_consistent_list() {
    let crowded = Crowded::open(5, None).await;
    let crowd = crowded.house.crowd(30).await;
    let undecided = join_all(crowd.iter().map(async |person| {
        let mut replies = Vec::new();
        for _ in 0..3 {
            replies.push(crowded.signs_up(person).await.status);
            replies.push(crowded.signs_off(person).await.status);
        }
        replies.push(crowded.signs_up(person).await.status);
        replies
    }))
    .await;
    for replies in undecided {
        assert_eq!(replies, [201, 204, 201, 204, 201, 204, 201]);
    }
    crowded.check(&crowded.list().await, 5, 25);
    assert_eq!(crowded.counts().await, (json!(5), json!(25)));
    crowded.house.close().await;
}

#[actix_web::test]
async fn two_organizers_who_change_the_limit_at_once_promote_nobody_twice() {
    let crowded = Crowded::open(1, None).await;
    let crowd = crowded.house.crowd(60).await;
    let (early, late) = crowd.split_at(40);
    check_all(&join_all(early.iter().map(|person| crowded.signs_up(person))).await, 201);
    let ((smaller, larger), on) = futures_util::future::join(
        futures_util::future::join(crowded.sets(json!({ "limit": 10 })), crowded.sets(json!({ "limit": 25 }))),
        join_all(late.iter().map(|person| crowded.signs_up(person))),
    )
    .await;
    check_all(&[smaller, larger], 200);
    check_all(&on, 201);
    // Whichever came last: a smaller limit takes no seat, and a larger one gives no more than there are.
    crowded.check(&crowded.list().await, 25, 35);
    let limit = crowded.house.get(&crowded.event, None).await.json["limit"].clone();
    assert!(limit == 10 || limit == 25, "{limit}");
    crowded.house.close().await;
}

#[actix_web::test]
async fn changes_to_different_fields_at_once_are_all_kept() {
    let crowded = Crowded::open(1, None).await;
    let changes = [
        json!({ "title": "Vårball" }),
        json!({ "limit": 12 }),
        json!({ "location": "Kjelleren" }),
        json!({ "closed": true }),
        json!({ "description": "Pent tøy" }),
    ];
    let replies = join_all(changes.iter().map(|change| crowded.sets(change.clone()))).await;
    check_all(&replies, 200);
    let event = crowded.house.get(&crowded.event, None).await;
    for change in changes {
        for (field, value) in change.as_object().unwrap() {
            assert_eq!(event.json[field], *value, "{field}");
        }
    }
    crowded.house.close().await;
}

#[actix_web::test]
async fn one_request_sent_many_times_at_once_has_its_effect_once() {
    let crowded = Crowded::open(5, Some("250")).await;
    let ida = crowded.house.person("ida").await;
    let path = format!("{}/registrations", crowded.event);
    let again = || {
        let request = crowded.house.request("POST", &path, Some(&ida.token)).header("idempotency-key", "one");
        crowded.house.send(request.json(&json!({})))
    };
    let replies = join_all((0..20).map(|_| again())).await;
    let first: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201 && !is_replay(reply)).collect();
    assert_eq!(first.len(), 1);
    for reply in &replies {
        let busy = reply.refusal() == (409, "request_in_progress");
        assert!(busy || (reply.status == 201 && reply.text == first[0].text), "{} {}", reply.status, reply.text);
    }
    let later = again().await;
    assert_eq!((later.status, is_replay(&later), &later.text), (201, true, &first[0].text));
    crowded.check(&crowded.list().await, 1, 0);
    let orders = crowded.house.get("/me/orders", Some(&ida.token)).await;
    assert_eq!(orders.json["results"].as_array().unwrap().len(), 1);
    crowded.house.close().await;
}

fn is_replay(reply: &Reply) -> bool {
    reply.headers.get("idempotency-replayed") == Some(&HeaderValue::from_static("true"))
}

#[actix_web::test]
async fn an_impatient_finger_makes_one_registration() {
    let crowded = Crowded::open(5, None).await;
    let ida = crowded.house.person("ida").await;
    let replies = join_all((0..20).map(|_| crowded.signs_up(&ida))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refusal(), (409, "already_registered"));
    }
    crowded.check(&crowded.list().await, 1, 0);
    crowded.house.close().await;
}
