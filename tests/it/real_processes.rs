//! The binary itself, as it is deployed: two servers on one PostgreSQL database, the sandbox a process of its own, and people
//! who sign up and pay through whichever server answers. One server stands still for a moment, the other is killed for good.
//! In the end everybody has a seat and has paid for it once, as the provider's own call history tells. Nothing here waits
//! for a time: what a dead process held is free when its claims have run out, and until then everybody asks again.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use plass::clock::{Clock, Stopwatch, sleep};
use plass::domain::grant::Grantee;
use plass::domain::permission::{Role, Scope};
use plass::domain::user::Profile;
use plass::flows::add_user::save_new_user;
use plass::flows::give_role::{NewGrant, save_grant};
use plass::flows::passwords::Passwords;
use plass::http::write_time;
use plass::store::Stop;
use plass::store::conn::Place;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::database::TestDatabase;
use crate::support::people::PASSWORD;

/// Longer than the claims of a dead process last, one after the other: of a look, of an effect, of another look.
const PATIENCE: Duration = Duration::from_secs(400);
/// How long a question waits before it is asked again.
const BREATH: Duration = Duration::from_millis(100);
const MEMBERS: usize = 16;
const GROUP: &str = "sosialen";

/// A process of the binary. It does not outlive its test.
struct Running {
    child: Child,
    address: SocketAddr,
}

impl Running {
    /// Starts it, and waits until it says where it listens.
    fn start(arguments: &[&str], settings: &[(&str, &str)], says: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_plass"))
            .args(arguments)
            .env_clear()
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (line, lines) = channel();
        // It reads to the end of the process, or the log would be a full pipe one day.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(|one| drop(line.send(one))));
        let address = address_in(&lines, says);
        Self { child, address }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{signal}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // SIGKILL also ends who stands still.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn address_in(lines: &Receiver<String>, says: &str) -> SocketAddr {
    let mut said = Vec::new();
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(60)) {
        if let Some((_, address)) = line.split_once(&format!(" {says} address=")) {
            return address.trim().parse().unwrap();
        }
        said.push(line);
    }
    panic!("it does not say where it listens: {said:#?}");
}

/// An answer, or nothing when the server is not there.
async fn ask(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let response = request.timeout(Duration::from_secs(10)).send().await.ok()?;
    let status = response.status().as_u16();
    let text = response.text().await.ok()?;
    Some((status, serde_json::from_str(&text).unwrap_or_default()))
}

/// Everybody's view of the two servers and the sandbox.
#[derive(Clone)]
struct Town {
    client: reqwest::Client,
    servers: Vec<String>,
    sandbox: String,
}

/// A member with a login.
#[derive(Clone)]
struct Member {
    number: usize,
    token: String,
}

impl Town {
    /// Asks one server and then the other until one answers and is in no trouble.
    async fn insists(&self, method: &str, path: &str, who: Option<&Member>, body: &Value) -> (u16, Value) {
        let watch = Stopwatch::start();
        let mut turn = who.map_or(0, |member| member.number);
        loop {
            let url = format!("{}/api/v1{path}", self.servers[turn % self.servers.len()]);
            let mut request = self.client.request(method.parse().unwrap(), url);
            if let Some(member) = who {
                let key = format!("{}-{}", member.number, path.replace(|c: char| !c.is_ascii_alphanumeric(), "-"));
                let key = &key[key.len().saturating_sub(60)..];
                request = request.bearer_auth(&member.token).header("Idempotency-Key", key);
            }
            if !body.is_null() {
                request = request.json(body);
            }
            match ask(request).await {
                Some((status, answer)) if status < 500 && status != 429 => return (status, answer),
                last => assert!(watch.elapsed() < PATIENCE, "nobody answers {method} {path}: {last:?}"),
            }
            turn += 1;
            sleep(BREATH).await;
        }
    }

    /// The whole way: signs up, opens the payment, approves it.
    async fn signs_up_and_pays(self, member: Member, event: String) {
        let path = format!("/events/{event}/registrations");
        let (status, answer) = self.insists("POST", &path, Some(&member), &json!({})).await;
        assert_eq!((status, &answer["status"]), (201, &json!("awaiting_payment")), "{answer}");
        let order = answer["order"]["order_id"].as_str().unwrap().to_owned();
        let (status, answer) = self.insists("POST", &format!("/orders/{order}/pay"), Some(&member), &json!({})).await;
        assert_eq!(status, 200, "{answer}");
        let (_, answer) = self.insists("GET", &format!("/orders/{order}"), Some(&member), &Value::Null).await;
        let reference = answer["attempts"].as_array().unwrap().last().unwrap()["reference"].clone();
        let url = format!("{}/control/payments/{}/approve", self.sandbox, reference.as_str().unwrap());
        let (status, answer) = ask(self.client.post(url).json(&json!({}))).await.unwrap();
        assert_eq!(status, 200, "{answer}");
    }

    async fn seat(&self, member: &Member, event: &str) -> Value {
        let path = format!("/events/{event}/registrations/me");
        self.insists("GET", &path, Some(member), &Value::Null).await.1
    }

    async fn control(&self, path: &str) -> Vec<Value> {
        let (status, answer) = ask(self.client.get(format!("{}/control{path}", self.sandbox))).await.unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answer["results"].as_array().unwrap().clone()
    }

    /// Waits until so many members are through.
    async fn until_paid(&self, members: &[Member], event: &str, wanted: usize) {
        let watch = Stopwatch::start();
        loop {
            let mut paid = 0;
            for member in members {
                let seat = self.seat(member, event).await;
                paid += usize::from(seat["status"] == "confirmed" && seat["order"]["status"] == "CAPTURE");
            }
            if paid >= wanted {
                return;
            }
            assert!(watch.elapsed() < PATIENCE, "{paid} of {wanted} have paid");
            sleep(BREATH).await;
        }
    }
}

/// People and a group, as the commands and an admin would make them.
async fn fill(database: &TestDatabase) {
    let store = database.store(&Clock::running(chrono::TimeDelta::zero())).await;
    let hash = std::sync::Arc::new(Passwords::cheap_for_tests().unwrap()).hash_password(PASSWORD).await.unwrap();
    let saved: Result<(), Stop> = store
        .change(move |tx| {
            for name in (0..MEMBERS).map(|number| format!("member{number}")).chain(["admin".to_owned()]) {
                let profile = Profile {
                    email: format!("{name}@example.org"),
                    first_name: name.clone(),
                    last_name: "Berg".to_owned(),
                    phone: None,
                    locale: "nb".to_owned(),
                    allow_photo_by_default: true,
                };
                let user = save_new_user(tx, profile, Some(hash.clone()))?;
                if name == "admin" {
                    let new = NewGrant { role: Role::Admin, to: Grantee::User(user.id), scope: Scope::Everywhere };
                    save_grant(tx, new, |_grant| Ok(()))?;
                }
            }
            Ok(())
        })
        .await;
    saved.unwrap();
    store.close().await;
}

async fn sign_in(town: &Town, name: &str, number: usize) -> Member {
    let body = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
    let (status, answer) = town.insists("POST", "/auth/login", None, &body).await;
    assert_eq!(status, 200, "{answer}");
    Member { number, token: answer["access_token"].as_str().unwrap().to_owned() }
}

async fn make_event(town: &Town, admin: &Member) -> String {
    let group = json!({ "slug": GROUP, "name": GROUP, "kind": "committee" });
    assert_eq!(town.insists("POST", "/groups", Some(admin), &group).await.0, 201);
    let starts = Clock::running(chrono::TimeDelta::days(10)).now();
    let event = json!({
        "title": "Julebord", "organizer": GROUP, "limit": MEMBERS,
        "start_date": write_time(starts), "end_date": write_time(starts + chrono::TimeDelta::hours(4)),
        "paid_information": { "price": "250.00", "paytime": "02:00:00" },
    });
    let (status, answer) = town.insists("POST", "/events", Some(admin), &event).await;
    assert_eq!(status, 201, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

/// Each payment was captured once, under one key, and each member has one.
async fn each_has_paid_once(town: &Town) {
    let payments = town.control("/payments").await;
    let captured: Vec<&Value> =
        payments.iter().filter(|payment| payment["aggregate"]["capturedAmount"]["value"] != 0).collect();
    assert_eq!(captured.len(), MEMBERS, "one payment for each: {captured:#?}");
    for payment in captured {
        let sums = &payment["aggregate"];
        let told = ["authorized", "captured", "refunded", "cancelled"]
            .map(|name| sums[format!("{name}Amount")]["value"].as_i64().unwrap());
        assert_eq!(told, [25_000, 25_000, 0, 0]);
        let reference = payment["reference"].as_str().unwrap();
        let calls = town.control(&format!("/calls?reference={reference}")).await;
        for (what, ending) in [("captured", "/capture"), ("made", "/payments")] {
            // What was done, under which keys. A look that asked before the capture and was saved after it has the other
            // server ask for it once more: that is refused, and no øre moves.
            let of_kind: Vec<&Value> = calls
                .iter()
                .filter(|call| call["method"] == "POST" && call["path"].as_str().unwrap().ends_with(ending))
                .filter(|call| call["status"].as_u64().is_some_and(|status| status < 300))
                .collect();
            let keys: BTreeSet<&str> = of_kind.iter().map(|call| call["idempotency_key"].as_str().unwrap()).collect();
            assert_eq!(keys.len(), 1, "{reference} is {what} under one key: {of_kind:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_and_a_sandbox_take_each_payment_once_though_one_is_killed_and_one_stands_still() {
    if !TestDatabase::is_on_server() {
        println!("a file has one process: not told on SQLite");
        return;
    }
    let database = TestDatabase::create();
    let Place::Postgres(database_url) = database.place() else { panic!("not on a server") };
    fill(&database).await;
    let sandbox = Running::start(&["sandbox", "--listen", "127.0.0.1:0"], &[], "the sandbox is listening");
    // The way in from outside leads to the one that is killed: from then on nobody hears a webhook.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (public_url, sandbox_url) = (format!("http://{free}"), sandbox.url());
    let key = "k1:9Jw2xQ4mT7vZ1sB5nL8cR3fH6gK0pYdXuEoAiWzVhCk=";
    let settings = |listen| {
        [
            ("PLASS_LISTEN", listen),
            ("PLASS_PUBLIC_URL", public_url.as_str()),
            ("PLASS_DATABASE_URL", database_url.as_str()),
            ("PLASS_DATABASE_CONNECTIONS", "4"),
            ("PLASS_KEYS_MASTER", key),
            ("PLASS_VIPPS_BASE_URL", sandbox_url.as_str()),
            ("PLASS_VIPPS_CLIENT_ID", "sandbox"),
            ("PLASS_VIPPS_CLIENT_SECRET", "sandbox"),
            ("PLASS_VIPPS_SUBSCRIPTION_KEY", "sandbox"),
            ("PLASS_VIPPS_MERCHANT_SERIAL_NUMBER", "123456"),
        ]
    };
    let mut dies = Running::start(&["serve"], &settings(free.as_str()), "serving");
    let stays = Running::start(&["serve"], &settings("127.0.0.1:0"), "serving");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let town = Town { client, servers: vec![dies.url(), stays.url()], sandbox: sandbox.url() };
    let admin = sign_in(&town, "admin", MEMBERS).await;
    let event = make_event(&town, &admin).await;
    let mut members = Vec::new();
    for number in 0..MEMBERS {
        members.push(sign_in(&town, &format!("member{number}"), number).await);
    }

    let mut people = JoinSet::new();
    let quarter = MEMBERS / 4;
    let come = |people: &mut JoinSet<()>, some: &[Member]| {
        for member in some {
            people.spawn(town.clone().signs_up_and_pays(member.clone(), event.clone()));
        }
    };
    come(&mut people, &members[..quarter]);
    town.until_paid(&members[..quarter], &event, 1).await;
    // The second stands still in the middle of whatever it does; who asks it asks the first one in the end.
    come(&mut people, &members[quarter..2 * quarter]);
    stays.signal("-STOP");
    people.join_next().await.unwrap().unwrap();
    stays.signal("-CONT");
    // The first one dies in the middle of whatever it does.
    come(&mut people, &members[2 * quarter..3 * quarter]);
    people.join_next().await.unwrap().unwrap();
    dies.child.kill().unwrap();
    come(&mut people, &members[3 * quarter..]);
    while let Some(ended) = people.join_next().await {
        ended.unwrap();
    }
    town.until_paid(&members, &event, MEMBERS).await;
    each_has_paid_once(&town).await;
    dies.child.wait().unwrap();
}
