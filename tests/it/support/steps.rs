//! The steps of a house: every commit of its store, every call to the provider, every letter. They are counted, and at a
//! given one something goes wrong. Nobody has to list them: a new step is counted like the others.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use plass::boot::App;
use plass::clock::Clock;
use plass::domain::effect::EffectKind;
use plass::domain::ids::PaymentId;
use plass::domain::money::Money;
use plass::domain::sales_unit::Provider;
use plass::domain::snapshot::Snapshot;
use plass::flows::units::Units;
use plass::mail::{Mail, MailError, Outgoing};
use plass::store::{AtCommit, StoreError};
use plass::vipps::{
    CardOutcome, CardPage, Connection, Connector, Created, Door, LogLine, Meaning, NewCustomer, NewPayment,
    PaymentProvider, ProviderError, Registered,
};
use tokio::sync::watch;

const COMMIT: &str = "commit";
const LETTER: &str = "letter";

/// What goes wrong at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The process dies before it.
    CrashBefore,
    /// The process dies after it, before it knows.
    CrashAfter,
    /// It is not done, and the process hears that.
    Fails,
    /// It is done, and the process hears that something broke.
    DoneUnheard,
    /// The call leaves only when the story says so: whoever makes it stands still meanwhile.
    StallBefore,
    /// The answer is there and is read only when the story says so.
    StallAfter,
}

impl Harm {
    /// What can happen to one process alone.
    pub(crate) const ALONE: [Self; 4] = [Self::CrashBefore, Self::CrashAfter, Self::Fails, Self::DoneUnheard];
}

#[derive(Default)]
struct Count {
    counting: bool,
    /// Commits and letters are not counted.
    only_calls: bool,
    taken: usize,
    harm: Option<(usize, Harm)>,
    /// What the harmed step was.
    harmed: Option<&'static str>,
    /// Every call to the provider goes out twice.
    twice: bool,
}

/// Counts the steps of whatever house stands in a world.
pub(crate) struct Steps {
    count: Mutex<Count>,
    dead: watch::Sender<bool>,
    stalled: watch::Sender<bool>,
    clock: Clock,
}

/// How a step goes.
enum Step {
    Goes,
    /// The process is dead: nothing leaves it any more.
    Dead,
    Harmed(Harm),
}

impl Steps {
    pub(crate) fn new(clock: &Clock) -> Arc<Self> {
        Arc::new(Self {
            count: Mutex::default(),
            dead: watch::Sender::new(false),
            stalled: watch::Sender::new(false),
            clock: clock.clone(),
        })
    }

    /// Counts from now on; at the step with this number, from 1, something goes wrong.
    pub(crate) fn begin(&self, harm: Option<(usize, Harm)>) {
        *self.count.lock().unwrap() = Count { counting: true, harm, ..Count::default() };
    }

    /// Like [`Self::begin`], for calls to the provider alone.
    pub(crate) fn begin_calls(&self, harm: Option<(usize, Harm)>) {
        *self.count.lock().unwrap() = Count { counting: true, only_calls: true, harm, ..Count::default() };
    }

    /// Waits until a call stands still.
    pub(crate) async fn stall(&self) {
        let mut stalled = self.stalled.subscribe();
        stalled.wait_for(|stalled| *stalled).await.unwrap();
    }

    /// Lets the call that stands still go on; false when none does.
    pub(crate) fn go_on(&self) -> bool {
        self.stalled.send_replace(false)
    }

    async fn stand_still(&self) {
        self.stalled.send_replace(true);
        let mut stalled = self.stalled.subscribe();
        stalled.wait_for(|stalled| !*stalled).await.unwrap();
    }

    /// Lets every call to the provider go out twice from now on.
    pub(crate) fn call_twice(&self) {
        self.count.lock().unwrap().twice = true;
    }

    /// Counts no more; how many there were, and what was harmed.
    pub(crate) fn end(&self) -> (usize, Option<&'static str>) {
        let count = std::mem::take(&mut *self.count.lock().unwrap());
        (count.taken, count.harmed)
    }

    /// A new process.
    pub(super) fn born(&self) {
        self.dead.send_replace(false);
    }

    pub(crate) fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    /// Waits until the process is dead.
    pub(super) async fn death(&self) {
        let mut dead = self.dead.subscribe();
        dead.wait_for(|dead| *dead).await.unwrap();
    }

    fn next(&self, what: &'static str) -> Step {
        if self.is_dead() {
            return Step::Dead;
        }
        let mut count = self.count.lock().unwrap();
        if !count.counting || (count.only_calls && matches!(what, COMMIT | LETTER)) {
            return Step::Goes;
        }
        count.taken += 1;
        let Some((_, harm)) = count.harm.filter(|(number, _)| *number == count.taken) else { return Step::Goes };
        count.harmed = Some(what);
        match harm {
            Harm::CrashBefore | Harm::CrashAfter => drop(self.dead.send_replace(true)),
            Harm::Fails | Harm::DoneUnheard | Harm::StallBefore | Harm::StallAfter => {}
        }
        // What breaks takes its time: whoever held something until now holds it no longer.
        self.clock.advance_machine(TimeDelta::minutes(3));
        Step::Harmed(harm)
    }

    /// The same house, with every step counted.
    pub(super) fn watch(self: &Arc<Self>, mut app: App) -> App {
        let at_commit = Arc::new(Commits { steps: Arc::clone(self), last: Mutex::default() });
        app.store = app.store.watched_by(at_commit);
        app.vipps =
            Arc::new(Calls { steps: Arc::clone(self), provider: app.vipps, create_again: CreateAgain::Answered });
        let connector = app.units.connector();
        app.units = Arc::new(Units::over(Arc::new(Connections { steps: Arc::clone(self), connector })));
        app.mail = Arc::new(Letters { steps: Arc::clone(self), mail: app.mail });
        app
    }
}

struct Commits {
    steps: Arc<Steps>,
    /// What is to happen after the commit on each thread.
    last: Mutex<Vec<(std::thread::ThreadId, Harm)>>,
}

impl AtCommit for Commits {
    fn before(&self) -> Result<(), StoreError> {
        match self.steps.next(COMMIT) {
            Step::Goes | Step::Harmed(Harm::StallBefore | Harm::StallAfter) => Ok(()),
            Step::Dead | Step::Harmed(Harm::CrashBefore | Harm::Fails) => Err(StoreError::Closed),
            Step::Harmed(harm) => {
                self.last.lock().unwrap().push((std::thread::current().id(), harm));
                Ok(())
            }
        }
    }

    fn after(&self) -> Result<(), StoreError> {
        let here = std::thread::current().id();
        let mut last = self.last.lock().unwrap();
        let Some(place) = last.iter().position(|(thread, _)| *thread == here) else { return Ok(()) };
        match last.swap_remove(place).1 {
            Harm::DoneUnheard => Err(StoreError::Lost(diesel::result::Error::BrokenTransactionManager)),
            Harm::CrashBefore | Harm::CrashAfter | Harm::Fails | Harm::StallBefore | Harm::StallAfter => {
                Err(StoreError::Closed)
            }
        }
    }
}

/// The clients of all units but the house's own, with every call counted.
struct Connections {
    steps: Arc<Steps>,
    connector: Arc<dyn Connector>,
}

impl Connector for Connections {
    fn compose(&self, provider: Provider, payment: &NewPayment) -> String {
        self.connector.compose(provider, payment)
    }
    fn connect(&self, connection: &Connection) -> Result<Arc<dyn PaymentProvider>, ProviderError> {
        let provider = self.connector.connect(connection)?;
        let create_again = match connection.provider {
            Provider::VippsEpayment => CreateAgain::Answered,
            Provider::VippsEcom => CreateAgain::Refused,
            Provider::Askell => CreateAgain::Charged,
        };
        Ok(Arc::new(Calls { steps: Arc::clone(&self.steps), provider, create_again }))
    }
}

struct Calls {
    steps: Arc<Steps>,
    provider: Arc<dyn PaymentProvider>,
    create_again: CreateAgain,
}

/// What a provider makes of a create that comes twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CreateAgain {
    /// By its key it is known: it is answered like the first.
    Answered,
    /// By its reference it is known: it is refused, and the first answer is heard.
    Refused,
    /// It is not known: it would charge the card again. No story has it come twice, for nobody there could tell.
    Charged,
}

impl Calls {
    async fn step<T, F>(&self, what: &'static str, call: impl Fn() -> F) -> Result<T, ProviderError>
    where
        F: Future<Output = Result<T, ProviderError>>,
    {
        let unknown = || Err(ProviderError::Unknown { reason: "the line is dead".to_owned() });
        let unavailable = || ProviderError::Unavailable { reason: "not today".to_owned(), retry_after: None };
        match self.steps.next(what) {
            Step::Goes => {
                let twice = self.steps.count.lock().unwrap().twice;
                if twice && what == "create" && self.create_again != CreateAgain::Answered {
                    let first = call().await;
                    if self.create_again == CreateAgain::Refused {
                        drop(call().await);
                    }
                    return first;
                }
                if twice {
                    // Whatever it answers, the second answer is the one that is heard.
                    drop(call().await);
                }
                call().await
            }
            Step::Harmed(Harm::Fails) => Err(unavailable()),
            Step::Dead | Step::Harmed(Harm::CrashBefore) => unknown(),
            Step::Harmed(Harm::CrashAfter | Harm::DoneUnheard) => {
                drop(call().await);
                unknown()
            }
            Step::Harmed(Harm::StallBefore) => {
                self.steps.stand_still().await;
                call().await
            }
            Step::Harmed(Harm::StallAfter) => {
                let answer = call().await;
                self.steps.stand_still().await;
                answer
            }
        }
    }
}

#[async_trait]
impl PaymentProvider for Calls {
    fn compose(&self, payment: &NewPayment) -> String {
        self.provider.compose(payment)
    }
    fn meaning(&self, kind: EffectKind, code: &str) -> Meaning {
        self.provider.meaning(kind, code)
    }
    async fn check(&self) -> Result<(), ProviderError> {
        self.step("check", || self.provider.check()).await
    }
    async fn create(&self, reference: &PaymentId, body: &str, key: &str) -> Result<Created, ProviderError> {
        self.step("create", || self.provider.create(reference, body, key)).await
    }
    async fn get(&self, reference: &PaymentId) -> Result<Option<Snapshot>, ProviderError> {
        self.step("get", || self.provider.get(reference)).await
    }
    async fn events(&self, reference: &PaymentId) -> Result<Vec<LogLine>, ProviderError> {
        self.step("events", || self.provider.events(reference)).await
    }
    async fn capture(&self, reference: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        self.step("capture", || self.provider.capture(reference, amount, key)).await
    }
    async fn refund(&self, reference: &PaymentId, amount: Money, key: &str) -> Result<(), ProviderError> {
        self.step("refund", || self.provider.refund(reference, amount, key)).await
    }
    async fn close(&self, reference: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.step("close", || self.provider.close(reference, key)).await
    }
    async fn release(&self, reference: &PaymentId, key: &str) -> Result<(), ProviderError> {
        self.step("release", || self.provider.release(reference, key)).await
    }
    async fn webhooks(&self) -> Result<Vec<Registered>, ProviderError> {
        self.step("webhooks", || self.provider.webhooks()).await
    }
    async fn register_webhook(&self, url: &str) -> Result<(String, String), ProviderError> {
        self.step("register a webhook", || self.provider.register_webhook(url)).await
    }
    async fn find(&self, payment: &PaymentId) -> Result<Option<Created>, ProviderError> {
        self.step("find", || self.provider.find(payment)).await
    }
    async fn retry(&self, payment: &PaymentId) -> Result<(), ProviderError> {
        self.step("retry", || self.provider.retry(payment)).await
    }
    async fn open_card_page(&self, customer: &NewCustomer, return_url: &str) -> Result<CardPage, ProviderError> {
        self.step("open a card page", || self.provider.open_card_page(customer, return_url)).await
    }
    async fn take_card(&self, customer: &str, token: &str) -> Result<CardOutcome, ProviderError> {
        self.step("take a card", || self.provider.take_card(customer, token)).await
    }
    fn door(&self) -> Option<&dyn Door> {
        self.provider.door()
    }
    async fn delete_webhook(&self, id: &str) -> Result<(), ProviderError> {
        self.step("delete a webhook", || self.provider.delete_webhook(id)).await
    }
}

struct Letters {
    steps: Arc<Steps>,
    mail: Arc<dyn Mail>,
}

#[async_trait]
impl Mail for Letters {
    async fn send(&self, letter: &Outgoing) -> Result<(), MailError> {
        let broken = || Err(MailError::Unavailable("the line is dead".to_owned()));
        match self.steps.next(LETTER) {
            Step::Goes | Step::Harmed(Harm::StallBefore | Harm::StallAfter) => self.mail.send(letter).await,
            Step::Dead | Step::Harmed(Harm::CrashBefore | Harm::Fails) => broken(),
            Step::Harmed(Harm::CrashAfter | Harm::DoneUnheard) => {
                self.mail.send(letter).await?;
                broken()
            }
        }
    }
}
