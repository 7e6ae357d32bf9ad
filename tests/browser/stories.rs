//! The main stories by hand: real clicks in a real browser, each on a phone and on a desktop. Time runs as it does for
//! people; where a story waits for a deadline, the clock is moved close to it first.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use plass::clock::Clock;
use plass::domain::permission::Role;

use crate::browser::{Browser, LIMIT, Window};
use crate::support::people::PASSWORD;
use crate::support::world::{Person, World};

/// How long it may take from the approval until the page says so. It is a fraction of that when nothing else runs.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// An open house with an event of 250 kroner, and Ida, who is not signed in.
struct Story {
    world: World,
    event: String,
    ida: Person,
    browser: Browser,
}

impl Story {
    async fn begin(window: Window, seats: i64) -> Self {
        let world = World::begin_with(Clock::running(TimeDelta::zero()), true).await;
        let organizer = world.organizer().await;
        let event = world.paid_event(&organizer, seats).await;
        let ida = world.person("ida").await;
        Self { world, event, ida, browser: Browser::open(window).await }
    }

    async fn end(self) {
        self.browser.close().await;
        self.world.end().await;
    }

    async fn opens_the_event(&self) {
        self.browser.visits(&format!("{}/events/{}", self.world.url(), self.event)).await;
    }

    async fn signs_in(&self, who: &Person) {
        self.browser.writes("E-postadresse", &who.email).await;
        self.browser.writes("Passord", PASSWORD).await;
        self.browser.clicks_on("main form button").await;
    }

    /// Ida finds the event, signs in and signs up; she is shown where to pay.
    async fn ida_signs_up(&self) {
        self.opens_the_event().await;
        self.browser.sees("Det er ledige plasser").await;
        self.browser.clicks("Logg inn for å melde deg på").await;
        self.signs_in(&self.ida).await;
        self.browser.sees("Det er plass til deg").await;
        self.browser.clicks("Meld meg på – 250 kr").await;
        self.browser.sees("Plassen er holdt av til deg").await;
        assert!(self.browser.address().await.contains("/pay/"));
    }

    /// On to the provider's page.
    async fn goes_to_vipps(&self) {
        self.browser.clicks("Betal med Vipps").await;
        self.browser.sees("Sandkasse – ingen ekte penger").await;
    }

    /// Approves, and sees soon that it is paid.
    #[expect(clippy::float_arithmetic, reason = "a browser tells its time as a fraction of milliseconds")]
    async fn approves(&self) {
        let began = self.browser.now().await;
        self.browser.clicks("Godkjenn betalingen").await;
        let shown = self.browser.sees_within(ANSWER_LIMIT, "Betalt. Du har plass!").await;
        println!("{:.0} ms from the click on \"approve\" until the page said that it is paid", shown - began);
        assert!(self.browser.address().await.ends_with("/return"));
    }

    async fn has(&self, who: &Person, expected: &str) {
        self.world.settle().await;
        assert_eq!(self.world.seen(who, &self.event).await, expected);
    }

    /// Lets time pass until so much of it is left before a person's deadline.
    async fn until_before_the_deadline(&self, who: &Person, left: TimeDelta) {
        let registration = self.world.registration(who, &self.event).await;
        let deadline: DateTime<Utc> = registration["payment_expiredate"].as_str().unwrap().parse().unwrap();
        // What has to be done on the way takes time, too: the last step is a short one.
        for left in [left + TimeDelta::seconds(30), left] {
            self.world.pass(deadline - self.world.clock.now() - left).await;
        }
    }
}

async fn signs_up_and_pays(window: Window) {
    let story = Story::begin(window, 1).await;
    story.ida_signs_up().await;
    story.goes_to_vipps().await;
    story.approves().await;
    story.has(&story.ida, "confirmed CAPTURE").await;
    story.browser.clicks("Til arrangementet").await;
    story.browser.sees("Du har plass!").await;
    story.browser.sees("Du har betalt 250 kr.").await;
    story.browser.clicks("Mine påmeldinger").await;
    story.browser.sees("Julebord").await;
    story.browser.clicks("Logg ut").await;
    story.browser.sees("Logg inn").await;
    story.end().await;
}

async fn a_refused_card_and_a_change_of_mind(window: Window) {
    let story = Story::begin(window, 1).await;
    story.ida_signs_up().await;
    story.goes_to_vipps().await;
    story.browser.clicks("La kortet bli avvist").await;
    story.browser.sees("Kortet ble avvist").await;
    story.browser.clicks("Avbryt").await;
    story.browser.sees("Ikke betalt ennå").await;
    story.has(&story.ida, "awaiting_payment INITIATE").await;
    story.browser.clicks("Prøv igjen").await;
    story.goes_to_vipps().await;
    story.browser.clicks("La kortet bli avvist").await;
    story.browser.sees("Kortet ble avvist").await;
    // Another card.
    story.approves().await;
    story.has(&story.ida, "confirmed CAPTURE").await;
    story.end().await;
}

async fn the_deadline_passes_in_front_of_the_open_page(window: Window) {
    let story = Story::begin(window, 1).await;
    story.ida_signs_up().await;
    story.until_before_the_deadline(&story.ida, TimeDelta::seconds(8)).await;
    story.browser.reloads().await;
    story.browser.sees("Tid igjen").await;
    // Nobody touches anything.
    story.browser.sees_within(Duration::from_secs(20), "Fristen er ute").await;
    assert!(story.browser.address().await.contains("/pay/"));
    story.browser.does_not_see("Betal med Vipps").await;
    story.has(&story.ida, "ended unpaid CANCEL").await;
    story.opens_the_event().await;
    story.browser.sees("Du rakk ikke betalingsfristen").await;
    story.end().await;
}

async fn a_place_in_the_queue_becomes_a_seat(window: Window) {
    let story = Story::begin(window, 1).await;
    let ola = story.world.person("ola").await;
    assert_eq!(story.world.sign_up(&ola, &story.event).await.status, 201);
    story.opens_the_event().await;
    story.browser.clicks("Logg inn for å stå på venteliste").await;
    story.signs_in(&story.ida).await;
    story.browser.clicks("Sett meg på ventelista").await;
    story.browser.sees("Du er nummer 1 på ventelista").await;
    // Ola does not pay; Ida's page is still open.
    story.until_before_the_deadline(&ola, TimeDelta::seconds(2)).await;
    story.browser.sees_within(LIMIT + Duration::from_secs(10), "Plassen er holdt av til deg").await;
    story.has(&ola, "ended unpaid CANCEL").await;
    story.browser.clicks("Betal med Vipps").await;
    story.goes_to_vipps().await;
    story.approves().await;
    story.has(&story.ida, "confirmed CAPTURE").await;
    assert_eq!(
        story.world.told(&story.ida),
        ["Du står på ventelista", "Du har fått plass – betal i tide", "Du har plass"]
    );
    story.end().await;
}

async fn a_treasurer_gives_money_back(window: Window) {
    let story = Story::begin(window, 1).await;
    story.world.pays_for_a_seat(&story.ida, &story.event).await;
    let treasurer = story.world.officer("treasurer", Role::Treasurer).await;
    story.browser.visits(&format!("{}/manage/orders", story.world.url())).await;
    story.signs_in(&treasurer).await;
    story.browser.clicks("ida Berg").await;
    story.browser.sees("Gi penger tilbake").await;
    story.browser.writes("Beløp", "100").await;
    story.browser.writes("Begrunnelse", "For dårlig mat").await;
    story.browser.clicks("Betal tilbake").await;
    story.browser.sees("For dårlig mat").await;
    story.browser.sees("Gjennomført").await;
    story.browser.writes("Begrunnelse", "Avlyst").await;
    story.browser.clicks("Betal tilbake").await;
    story.browser.sees("Betalt tilbake").await;
    story.has(&story.ida, "confirmed REFUND").await;
    story.browser.clicks("Logg ut").await;
    story.opens_the_event().await;
    story.browser.clicks("Logg inn").await;
    story.signs_in(&story.ida).await;
    story.browser.sees("Du har fått pengene tilbake, og plassen er fortsatt din.").await;
    story.end().await;
}

macro_rules! on_both_windows {
    ($($story:ident on $phone:ident and $desktop:ident,)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs Chromium and its driver: see .ci/browser"]
        async fn $phone() {
            $story(Window::Phone).await;
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[ignore = "needs Chromium and its driver: see .ci/browser"]
        async fn $desktop() {
            $story(Window::Desktop).await;
        }
    )*};
}

on_both_windows! {
    signs_up_and_pays on signs_up_and_pays_on_a_phone and signs_up_and_pays_on_a_desktop,
    a_refused_card_and_a_change_of_mind on a_refused_card_on_a_phone and a_refused_card_on_a_desktop,
    the_deadline_passes_in_front_of_the_open_page
        on the_deadline_passes_in_front_of_a_phone and the_deadline_passes_in_front_of_a_desktop,
    a_place_in_the_queue_becomes_a_seat on the_queue_moves_on_a_phone and the_queue_moves_on_a_desktop,
    a_treasurer_gives_money_back on a_treasurer_with_a_phone and a_treasurer_at_a_desktop,
}
