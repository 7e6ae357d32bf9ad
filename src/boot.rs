//! Puts the house together: with its folder, the only place that knows every module. Nothing here decides anything.

mod bench;
mod books;
mod demo;
mod house;
mod seed;
mod tour;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::warn;

use crate::askell::connector::AllConnectors;
use crate::askell::payments::AskellSettings;
use crate::clock::Clock;
use crate::config::{Loaded, Settings};
use crate::domain::grant::Grantee;
use crate::domain::group::MemberRole;
use crate::domain::permission::{Role, Scope};
use crate::domain::user::{Profile, password_error, plain_email};
use crate::flows::add_user::save_new_user;
use crate::flows::give_role::{NewGrant, save_grant};
use crate::flows::import_users::{ImportedRole, ImportedUser};
use crate::flows::passwords::Passwords;
use crate::flows::reseal::reseal;
use crate::flows::units::{Units, say_test_mode};
use crate::jobs::Duties;
use crate::keys::{Keys, KeysError};
use crate::mail::Mail;
use crate::mail::memory::MemoryMail;
use crate::mail::smtp::SmtpMail;
use crate::metrics::Metrics;
use crate::sandbox::{Sandbox, SandboxError};
use crate::store::conn::Place;
use crate::store::{Stop, Store, StoreError};
use crate::vipps::connector::Connectors;
use crate::vipps::counted::Counted;
use crate::vipps::epayment::{Epayment, EpaymentSettings};
use crate::words::{Language, faults};

pub use crate::flows::app::App;
pub use bench::{BenchOptions, bench};
pub use books::{Examined, doctor, reconcile};
pub use demo::demo;
pub use house::{House, NextDoor};
pub use seed::fill as fill_with_demo;
pub use tour::tour;

/// What `demo` is started with.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// Where the API and the pages listen.
    pub listen: SocketAddr,
    /// Where the sandbox listens.
    pub sandbox_listen: SocketAddr,
    /// The folder that keeps everything.
    pub data: PathBuf,
    /// Another database than the one in the folder.
    pub database_url: Option<String>,
    /// The origins of frontends that may call the API from a browser.
    pub frontend_origins: Vec<String>,
}

/// What `sandbox` is started with.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The folder that keeps its payments; without one they are forgotten.
    pub data: Option<PathBuf>,
}

/// The first person who may do everything.
pub struct NewAdmin {
    /// The address to sign in with.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The password.
    pub password: String,
}

/// Why a command did not end well.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The settings are not fit for serving.
    #[error("these settings cannot be served with:\n  {}", .0.join("\n  "))]
    Unservable(Vec<String>),
    /// The database URL names no database.
    #[error("database_url is neither sqlite:PATH nor postgres://…")]
    NoDatabase,
    /// The database did not do what it should.
    #[error("the database")]
    Store(#[from] StoreError),
    /// A change was refused or failed.
    #[error("saving")]
    Stop(#[from] Stop),
    /// The master key.
    #[error("the master key")]
    Keys(#[from] KeysError),
    /// The provider's client could not be made.
    #[error("preparing the payment provider's client")]
    Provider(#[source] reqwest::Error),
    /// Letters cannot be sent this way.
    #[error("preparing mail: {0}")]
    Mail(String),
    /// The sandbox.
    #[error("the sandbox")]
    Sandbox(#[from] SandboxError),
    /// A file, a folder or a port.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// The clockwork of the jobs.
    #[error("starting the jobs")]
    Jobs(#[from] tokio_cron_scheduler::JobSchedulerError),
    /// Another process serves this database file.
    #[error("another process serves {0} already")]
    InUse(String),
    /// What was asked is done differently on this database.
    #[error("{0}")]
    NotHere(&'static str),
    /// A value that was given does not fit.
    #[error("{0}")]
    Invalid(String),
    /// The tour saw something else than it was told.
    #[error("the tour saw something unexpected: {0}")]
    Unexpected(String),
    /// The tour could not talk to its house.
    #[error("the tour could not talk to its house")]
    Unheard(#[from] reqwest::Error),
}

impl BootError {
    fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// The store that the settings name. Nothing is opened yet.
pub fn open_store(settings: &Settings, clock: &Clock) -> Result<Store, BootError> {
    let place = Place::parse(&settings.database_url).ok_or(BootError::NoDatabase)?;
    Ok(Store::new(place, settings.database_connections.max(1), clock.clone()))
}

/// Everything that flows work with.
pub fn furnish(
    settings: Settings,
    store: Store,
    clock: Clock,
    keys: Keys,
    mail: Arc<dyn Mail>,
) -> Result<App, BootError> {
    let vipps = &settings.vipps;
    let client = EpaymentSettings {
        base_url: vipps.base_url.clone(),
        client_id: vipps.client_id.clone(),
        client_secret: vipps.client_secret.clone(),
        subscription_key: vipps.subscription_key.clone(),
        merchant_serial_number: vipps.merchant_serial_number.clone(),
        system_name: "plass".to_owned(),
        system_version: env!("CARGO_PKG_VERSION").to_owned(),
        plugin_name: "plass-epayment".to_owned(),
        plugin_version: env!("CARGO_PKG_VERSION").to_owned(),
        timeout: EpaymentSettings::TIMEOUT,
        connect_timeout: EpaymentSettings::CONNECT_TIMEOUT,
        calls_at_once: vipps.calls_at_once.max(1),
    };
    let metrics: Arc<Metrics> = Arc::default();
    let urls = (vipps.base_url_for(true), vipps.base_url_for(false));
    let connectors = Connectors::like(client.clone(), urls, clock.clone(), Arc::clone(&metrics));
    let of_askell = AskellSettings {
        base_url: String::new(),
        api_key: String::new(),
        payment_processor: String::new(),
        timeout: client.timeout,
        connect_timeout: client.connect_timeout,
        calls_at_once: client.calls_at_once,
    };
    let urls = (vipps.askell_url_for(true), vipps.askell_url_for(false));
    let connectors = AllConnectors::beside(Arc::new(connectors), of_askell, urls, Arc::clone(&metrics));
    let epayment = Epayment::new(client, clock.clone()).map_err(BootError::Provider)?;
    Ok(App {
        store,
        vipps: Arc::new(Counted::new(Arc::new(epayment), Arc::clone(&metrics))),
        units: Arc::new(Units::over(Arc::new(connectors))),
        mail,
        letterbox: None,
        demo: None,
        clock,
        settings: Arc::new(settings),
        keys: Arc::new(keys),
        passwords: Arc::new(Passwords::new()?),
        signals: Arc::default(),
        desk: Arc::default(),
        porter: Arc::default(),
        metrics,
    })
}

/// The server, until somebody stops it.
pub async fn serve(loaded: Loaded) -> Result<(), BootError> {
    let settings = loaded.settings;
    settings.check_for_serving().map_err(BootError::Unservable)?;
    let clock = Clock::running(chrono::TimeDelta::zero());
    let store = open_store(&settings, &clock)?;
    let _lock = house::lock_database(store.place())?;
    store.migrate().await?;
    let keys = Keys::from_settings(&settings.keys)?;
    let mail: Arc<dyn Mail> = if settings.mail.smtp_url.is_empty() {
        warn!("mail.smtp_url is not set: letters are kept in memory and not sent");
        Arc::new(MemoryMail::default())
    } else {
        let smtp = SmtpMail::new(&settings.mail.smtp_url, &settings.mail.from);
        Arc::new(smtp.map_err(|error| BootError::Mail(error.to_string()))?)
    };
    let (listen, metrics_listen) = (settings.listen, settings.metrics_address());
    let app = furnish(settings, store, clock, keys, mail)?;
    prepare(&app).await?;
    let listener = house::bind(listen)?;
    let mut house = House::open(app, listener, Duties::All)?;
    if let Some(address) = metrics_listen {
        let address = house.show_metrics(house::bind(address)?)?;
        tracing::info!(%address, "showing metrics");
    }
    tracing::info!(address = %house.address(), "serving");
    house::wait_for_signal().await?;
    house.close().await;
    Ok(())
}

/// What a house does before it opens: says which money was real, and seals what an old master key sealed anew.
async fn prepare(app: &App) -> Result<(), BootError> {
    say_test_mode(app).await?;
    reseal(app).await?;
    Ok(())
}

/// The sandbox takes everything for paid: it does not run where real keys are configured.
pub fn refuse_real_keys(settings: &Settings) -> Result<(), BootError> {
    if settings.vipps.has_real_keys() {
        let why = "real Vipps keys are configured here: the sandbox does not start beside them";
        return Err(BootError::Invalid(why.to_owned()));
    }
    Ok(())
}

/// The sandbox alone, until somebody stops it.
pub async fn sandbox(options: SandboxOptions) -> Result<(), BootError> {
    let offset = match &options.data {
        Some(data) => crate::sandbox::stored_offset(data)?,
        None => chrono::TimeDelta::zero(),
    };
    let settings = crate::sandbox::Settings { clock: Clock::running(offset), data: options.data, ticking: true };
    let sandbox = Sandbox::start(settings, options.listen).await?;
    tracing::info!(address = %sandbox.address(), "the sandbox is listening");
    house::wait_for_signal().await?;
    sandbox.stop().await;
    Ok(())
}

/// Brings the schema up to date; answers the versions that ran.
pub async fn migrate(loaded: Loaded) -> Result<Vec<String>, BootError> {
    let store = open_store(&loaded.settings, &Clock::running(chrono::TimeDelta::zero()))?;
    Ok(store.migrate().await?)
}

/// A store whose schema is up to date, for commands that change data.
async fn ready_store(settings: &Settings) -> Result<Store, BootError> {
    let store = open_store(settings, &Clock::running(chrono::TimeDelta::zero()))?;
    store.migrate().await?;
    Ok(store)
}

/// Makes somebody who may do everything.
pub async fn create_admin(loaded: Loaded, admin: NewAdmin) -> Result<(), BootError> {
    let profile = Profile {
        email: plain_email(&admin.email),
        first_name: admin.first_name,
        last_name: admin.last_name,
        phone: None,
        locale: "nb".to_owned(),
        allow_photo_by_default: false,
    };
    let mut errors = profile.errors();
    errors.extend(password_error("/password", &admin.password));
    if let Some(error) = errors.first() {
        let words = faults::words_of(error, Language::En);
        return Err(BootError::Invalid(format!("{}: {words}", error.pointer.trim_start_matches('/'))));
    }
    let hash = Arc::new(Passwords::new()?).hash_password(&admin.password).await?;
    let store = ready_store(&loaded.settings).await?;
    store
        .change(move |tx| {
            let user = save_new_user(tx, profile.clone(), Some(hash.clone()))?;
            let grant = NewGrant { role: Role::Admin, to: Grantee::User(user.id), scope: Scope::Everywhere };
            save_grant(tx, grant, |_grant| Ok(()))?;
            Ok(())
        })
        .await?;
    Ok(())
}

/// Saves imported users, all of them or none; answers how many are new. Known ones keep what they have and join the
/// groups.
pub async fn import_users(loaded: Loaded, users: Vec<ImportedUser>) -> Result<usize, BootError> {
    let store = ready_store(&loaded.settings).await?;
    let slugs: std::collections::BTreeSet<String> =
        users.iter().flat_map(|user| &user.groups).map(|place| place.slug.clone()).collect();
    let unknown = store
        .read(move |tx| {
            let mut unknown = Vec::new();
            for slug in slugs {
                if tx.group_by_slug(&slug)?.is_none() {
                    unknown.push(slug);
                }
            }
            Ok(unknown)
        })
        .await?;
    if !unknown.is_empty() {
        return Err(BootError::Invalid(format!("there are no such groups: {}", unknown.join(", "))));
    }
    let saved = store
        .change(move |tx| {
            let mut new = 0;
            for imported in &users {
                let id = match tx.user_by_email(&imported.email)? {
                    Some(known) => known.user.id,
                    None => {
                        new += 1;
                        save_new_user(tx, profile_of(imported), None)?.id
                    }
                };
                for place in &imported.groups {
                    let role = match place.role {
                        ImportedRole::Member => MemberRole::Member,
                        ImportedRole::Leader => MemberRole::Leader,
                    };
                    tx.put_member(&place.slug, id, role)?;
                }
            }
            Ok(new)
        })
        .await?;
    Ok(saved)
}

fn profile_of(imported: &ImportedUser) -> Profile {
    Profile {
        email: imported.email.clone(),
        first_name: imported.first_name.clone(),
        last_name: imported.last_name.clone(),
        phone: imported.phone.clone(),
        locale: "nb".to_owned(),
        allow_photo_by_default: false,
    }
}

/// Writes a copy of the database while the server may be running.
pub async fn backup(loaded: Loaded, file: &Path) -> Result<(), BootError> {
    let store = open_store(&loaded.settings, &Clock::running(chrono::TimeDelta::zero()))?;
    if matches!(store.place(), Place::Postgres(_)) {
        return Err(BootError::NotHere("PostgreSQL brings its own tool for this: pg_dump"));
    }
    if file.exists() {
        return Err(BootError::Invalid(format!("{} exists already", file.display())));
    }
    let file = file.to_str().ok_or_else(|| BootError::Invalid("the file's name is no text".to_owned()))?.to_owned();
    store.maintain(move |conn| conn.copy_to(&file)).await?;
    Ok(())
}

/// The description of the API as JSON.
pub fn openapi() -> Result<String, BootError> {
    Ok(crate::http::openapi::document())
}
