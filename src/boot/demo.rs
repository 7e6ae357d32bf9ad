//! The demo: a whole organization with its own Vipps sandbox, all on this machine, kept in one folder.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::TimeDelta;

use super::house::{self, House};
use super::{BootError, DemoOptions, furnish, open_store, seed};
use crate::clock::Clock;
use crate::config::{DEMO_KEY_ID, KeySettings, Settings, VippsSettings};
use crate::flows::demo_data::{DEMO_NAME, DEMO_PASSWORD};
use crate::flows::move_time::{Demo, TimeLever};
use crate::jobs::Duties;
use crate::keys::Keys;
use crate::mail::memory::MemoryMail;
use crate::sandbox::{self, Clockwork, Sandbox};

/// The demo organization with the sandbox, until somebody stops it.
pub async fn demo(options: DemoOptions) -> Result<(), BootError> {
    if !options.listen.ip().is_loopback() {
        let why = "everybody knows the demo's passwords: it listens on this machine only, like 127.0.0.1:8080";
        return Err(BootError::Invalid(why.to_owned()));
    }
    let data = &options.data;
    std::fs::create_dir_all(data).map_err(BootError::io(format!("making the folder {}", data.display())))?;
    let clock = Clock::running(sandbox::stored_offset(data)?);
    let sandbox_settings = sandbox::Settings { clock: clock.clone(), data: Some(data.clone()), ticking: true };
    let sandbox = Sandbox::start(sandbox_settings, options.sandbox_listen).await?;
    let listener = house::bind(options.listen)?;
    let address = listener.local_addr().map_err(BootError::io("reading the address"))?;
    let keys = KeySettings { master: demo_key(&data.join("demo.key"))?, old: Vec::new() };
    let database_url =
        options.database_url.clone().unwrap_or_else(|| format!("sqlite:{}", data.join("plass.db").display()));
    let settings = Settings {
        listen: address,
        public_url: format!("http://{address}"),
        organization: DEMO_NAME.to_owned(),
        database_url,
        frontend_origins: options.frontend_origins.clone(),
        vipps: sandbox_keys(&sandbox.url()),
        keys,
        ..Settings::default()
    };
    let mut wrong = Vec::new();
    settings.check_addresses(&mut wrong);
    if !wrong.is_empty() {
        return Err(BootError::Invalid(wrong.join("; ")));
    }
    let store = open_store(&settings, &clock)?;
    let _lock = house::lock_database(store.place())?;
    store.migrate().await?;
    let keys = Keys::from_settings(&settings.keys)?;
    let letters = data.join("letters.jsonl");
    let letterbox = MemoryMail::kept_in(&letters).map_err(BootError::io(format!("reading {}", letters.display())))?;
    let letterbox = Arc::new(letterbox);
    let mut app = furnish(settings, store, clock, keys, letterbox.clone())?;
    app.letterbox = Some(letterbox);
    app.demo = Some(Arc::new(Demo { sandbox_url: sandbox.url(), lever: Arc::new(sandbox.clockwork()) }));
    super::prepare(&app).await?;
    seed::fill(&app).await?;
    let house = House::open(app, listener, Duties::All)?;
    sandbox.set_neighbor(house.next_door());
    introduce(&house, &sandbox)?;
    house::wait_for_signal().await?;
    house.close().await;
    sandbox.stop().await;
    Ok(())
}

#[async_trait]
impl TimeLever for Clockwork {
    async fn advance(&self, by: TimeDelta) {
        Self::advance(self, by).await;
    }
}

/// Made-up keys: the sandbox takes any.
pub(super) fn sandbox_keys(url: &str) -> VippsSettings {
    VippsSettings {
        base_url: url.to_owned(),
        client_id: "sandbox".to_owned(),
        client_secret: "sandbox".to_owned(),
        subscription_key: "sandbox".to_owned(),
        merchant_serial_number: "123456".to_owned(),
        ..Settings::default().vipps
    }
}

/// The demo's own master key, readable by its owner alone. No server runs on it.
fn demo_key(file: &Path) -> Result<String, BootError> {
    let what = || BootError::io(format!("the key in {}", file.display()));
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(mut new) => {
            let (_keys, text) = Keys::generate()?;
            let key = text.split_once(':').map(|(_id, key)| format!("{DEMO_KEY_ID}:{key}")).unwrap_or(text);
            new.write_all(key.as_bytes()).and_then(|()| new.sync_all()).map_err(what())?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let mut text = String::new();
            OpenOptions::new()
                .read(true)
                .open(file)
                .and_then(|mut old| old.read_to_string(&mut text))
                .map_err(what())?;
            Ok(text.trim().to_owned())
        }
        Err(error) => Err(what()(error)),
    }
}

fn introduce(house: &House, sandbox: &Sandbox) -> Result<(), BootError> {
    let (api, control) = (house.address(), sandbox.url());
    let text = format!(
        "\n{DEMO_NAME} is open.\n\
         \n  Open         http://{api}/   (everything begins there: who to sign in as, what to try)\n\
         \n  API          http://{api}/api/v1   (try /api/v1/events, described in /api/v1/openapi.json)\
         \n  Vipps        {control}/control/payments   (our sandbox: no real money)\
         \n  Move time    curl -X POST {control}/control/clock -H 'Content-Type: application/json' -d '{{\"advance\": \"02:00:00\"}}'\n\
         \n  Sign in as   admin@demo.plass, treasurer@demo.plass, organizer@demo.plass,\
         \n               member01@demo.plass to member40@demo.plass; everybody's password: {DEMO_PASSWORD}\n\
         \n  Stop with Ctrl-C. Everything is kept in the data folder.\n\n"
    );
    std::io::stdout().lock().write_all(text.as_bytes()).map_err(BootError::io("printing"))
}
