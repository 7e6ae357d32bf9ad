//! A house with people in it and nothing else: real HTTP, a real database, a payment provider and a mail that are never
//! there.

use std::net::TcpListener;
use std::sync::Arc;

use async_trait::async_trait;
use plass::clock::{Clock, at_millis};
use plass::config::Settings;
use plass::domain::effect::EffectKind;
use plass::domain::grant::Grantee;
use plass::domain::ids::{PaymentId, UserId};
use plass::domain::money::Money;
use plass::domain::permission::{Role, Scope};
use plass::domain::snapshot::Snapshot;
use plass::domain::user::Profile;
use plass::flows::add_user::save_new_user;
use plass::flows::app::App;
use plass::flows::give_role::{NewGrant, save_grant};
use plass::flows::passwords::Passwords;
use plass::keys::Keys;
use plass::mail::{Mail, MailError, Outgoing};
use plass::store::Stop;
use plass::vipps::epayment::meaning;
use plass::vipps::{Created, LogLine, Meaning, NewPayment, PaymentProvider, ProviderError, Registered};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::database::TestDatabase;

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "a password for tests";

/// A running house.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    server: actix_web::dev::ServerHandle,
    // Last: it is dropped when nobody uses it anymore.
    _database: TestDatabase,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// The document that a body is, or that the first event of a stream tells; null when it is none.
pub(crate) fn read_json(text: &str) -> Value {
    serde_json::from_str(text.strip_prefix("data: ").unwrap_or(text)).unwrap_or(Value::Null)
}

/// All of a body; of a stream, which has no end, the first event.
pub(crate) async fn whole_body(mut response: reqwest::Response) -> String {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let bytes = if kind.starts_with("text/event-stream") {
        response.chunk().await.unwrap().unwrap_or_default()
    } else {
        response.bytes().await.unwrap()
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Reply {
    /// Status and code, to compare a refusal in one go.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or_default())
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The pointers of the fields that are wrong.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
    }
}

/// A field that is a text.
pub(crate) fn text<'r>(reply: &'r Reply, field: &str) -> &'r str {
    reply.json[field].as_str().unwrap_or_else(|| panic!("{field} in {}", reply.text))
}

impl House {
    /// Opens the house; nobody is in it but an admin, `admin@example.org`.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_settings| {}).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = TestDatabase::create();
        let clock = Clock::still(at_millis(1_767_225_600_000));
        let mut settings = Settings { public_url: "https://plass.test".to_owned(), ..Settings::default() };
        change(&mut settings);
        let app = App {
            store: database.store(&clock).await,
            vipps: Arc::new(Nobody),
            units: Arc::default(),
            mail: Arc::new(Nobody),
            letterbox: None,
            demo: None,
            clock,
            settings: Arc::new(settings),
            keys: Arc::new(Keys::for_tests()),
            passwords: Arc::new(Passwords::cheap_for_tests().unwrap()),
            signals: Arc::default(),
            desk: Arc::default(),
            porter: Arc::default(),
            metrics: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = plass::http::serve(app.clone(), listener, 1).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let house = Self { app, url, client: reqwest::Client::new(), server: handle, _database: database };
        let admin = house.save("admin").await;
        house.grant(admin, Role::Admin).await;
        house
    }

    /// Lets the server go before the database.
    pub(crate) async fn close(self) {
        self.server.stop(false).await;
    }

    /// Saves a user without asking anybody.
    pub(crate) async fn save(&self, name: &str) -> UserId {
        let hash = self.app.passwords.hash_password(PASSWORD).await.unwrap();
        let profile = profile(name);
        let saved = self.app.store.change(move |tx| save_new_user(tx, profile.clone(), Some(hash.clone()))).await;
        saved.unwrap().id
    }

    /// Gives a role without asking anybody.
    pub(crate) async fn grant(&self, user: UserId, role: Role) {
        let new = NewGrant { role, to: Grantee::User(user), scope: Scope::Everywhere };
        let saved: Result<_, Stop> = self.app.store.change(move |tx| save_grant(tx, new.clone(), |_| Ok(()))).await;
        saved.unwrap();
    }

    /// Somebody new, signed in.
    pub(crate) async fn person(&self, name: &str) -> Person {
        self.save(name).await;
        self.signs_in(name).await
    }

    pub(crate) async fn signs_in(&self, name: &str) -> Person {
        let email = format!("{name}@example.org");
        let reply = self.post("/auth/login", None, &json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let token = reply.json["access_token"].as_str().unwrap().to_owned();
        let me = self.get("/me", Some(&token)).await;
        Person {
            id: me.json["user_id"].as_str().unwrap().to_owned(),
            token,
            refresh_token: reply.json["refresh_token"].as_str().unwrap().to_owned(),
        }
    }

    /// So many people, signed in: `person1@example.org` and so on.
    pub(crate) async fn crowd(&self, size: usize) -> Vec<Person> {
        let hash = self.app.passwords.hash_password(PASSWORD).await.unwrap();
        let profiles: Vec<Profile> = (1..=size).map(|number| profile(&format!("person{number}"))).collect();
        let saved: Result<(), Stop> = self
            .app
            .store
            .change(move |tx| {
                for profile in &profiles {
                    save_new_user(tx, profile.clone(), Some(hash.clone()))?;
                }
                Ok(())
            })
            .await;
        saved.unwrap();
        let mut crowd = Vec::new();
        for number in 1..=size {
            crowd.push(self.signs_in(&format!("person{number}")).await);
        }
        crowd
    }

    pub(crate) async fn admin(&self) -> Person {
        self.signs_in("admin").await
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Reply {
        self.send(self.request("GET", path, token)).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Reply {
        self.send(self.request("POST", path, token).json(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.send(self.request("PATCH", path, Some(token)).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, token: &str, body: &Value) -> Reply {
        self.send(self.request("PUT", path, Some(token)).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Reply {
        self.send(self.request("DELETE", path, Some(token))).await
    }

    /// A request to the API, or to a page when the path says `//`.
    pub(crate) fn request(&self, method: &str, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let url = match path.strip_prefix('/') {
            Some(page) if page.starts_with('/') => format!("{}{page}", self.url),
            _ => format!("{}/api/v1{path}", self.url),
        };
        let request = self.client.request(method.parse().unwrap(), url);
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        let request = request.build().unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let response = self.client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = whole_body(response).await;
        let json = read_json(&text);
        let reply = Reply { status, headers, text, json };
        crate::described::assert_described(&method, &path, &reply);
        reply
    }
}

fn profile(name: &str) -> Profile {
    Profile {
        email: format!("{name}@example.org"),
        first_name: name.to_owned(),
        last_name: "Berg".to_owned(),
        phone: None,
        locale: "nb".to_owned(),
        allow_photo_by_default: true,
    }
}

/// A payment provider and a mail that are never there.
struct Nobody;

fn nobody() -> ProviderError {
    ProviderError::Unavailable { reason: "nobody is there".to_owned(), retry_after: None }
}

#[async_trait]
impl PaymentProvider for Nobody {
    fn compose(&self, _payment: &NewPayment) -> String {
        String::new()
    }
    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        meaning(kind, code)
    }
    async fn check(&self) -> Result<(), ProviderError> {
        Err(nobody())
    }
    async fn create(&self, _reference: &PaymentId, _body: &str, _key: &str) -> Result<Created, ProviderError> {
        Err(nobody())
    }
    async fn get(&self, _reference: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        Err(nobody())
    }
    async fn events(&self, _reference: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        Err(nobody())
    }
    async fn capture(&self, _reference: &PaymentId, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        Err(nobody())
    }
    async fn refund(&self, _reference: &PaymentId, _amount: Money, _key: &str) -> Result<(), ProviderError> {
        Err(nobody())
    }
    async fn close(&self, _reference: &PaymentId, _key: &str) -> Result<(), ProviderError> {
        Err(nobody())
    }
    async fn release(&self, _reference: &PaymentId, _key: &str) -> Result<(), ProviderError> {
        Err(nobody())
    }
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        Err(nobody())
    }
    async fn register_webhook(&self, _url: &str) -> Result<(String, String), ProviderError> {
        Err(nobody())
    }
    async fn delete_webhook(&self, _id: &str) -> Result<(), ProviderError> {
        Err(nobody())
    }
}

#[async_trait]
impl Mail for Nobody {
    async fn send(&self, _letter: &Outgoing) -> Result<(), MailError> {
        Err(MailError::Unavailable("nobody is there".to_owned()))
    }
}
