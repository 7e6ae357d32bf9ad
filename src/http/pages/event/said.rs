//! How things stand at an event, said to the one who reads: a heading, what it means, a countdown where time matters, and
//! the one thing to do. Every state has its words here, in both languages.

use super::super::voice::Voice;
use super::super::{MoneyBack, Tone};
use super::stand::{Door, Paid, SignOff, Stand};
use crate::clock::Timestamp;
use crate::domain::event::{Event, PaidInformation};
use crate::domain::registration::EndedReason;
use crate::http::write_time;
use crate::words;

/// A state in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How it looks.
    pub tone: Tone,
    /// A few words.
    pub heading: String,
    /// What it means, a paragraph each.
    pub lines: Vec<String>,
    /// What runs out.
    pub countdown: Option<Countdown>,
    /// The one thing to do.
    pub act: Act,
    /// What the link says behind which one signs off; empty when one cannot.
    pub leave: Option<String>,
    /// After how many seconds the page looks again.
    pub live_seconds: u32,
}

/// Time that runs out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Countdown {
    /// What happens then.
    pub label: String,
    /// When.
    pub until: Timestamp,
    /// How long that is, in words.
    pub words: String,
}

impl Countdown {
    /// When, as scripts read it.
    pub fn moment(&self) -> String {
        write_time(self.until)
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Nothing,
    /// Sign in, to come back here.
    LogIn(String),
    /// Sign up, to a seat or to the queue.
    SignUp(String),
    /// Go and pay there.
    Pay(String),
    /// Go and see there what became of the payment.
    Watch(String),
}

/// Who reads, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'e> {
    /// The event.
    pub event: &'e Event,
    /// The time, the zone and the language.
    pub voice: Voice,
    /// True for whoever is signed in.
    pub is_known: bool,
}

impl Reading<'_> {
    fn paid(&self) -> Option<&PaidInformation> {
        self.event.details.paid_information.as_ref()
    }

    fn is_over(&self) -> bool {
        self.voice.now >= self.event.details.end_date
    }

    fn pick(&self, nb: &str, en: &str) -> String {
        self.voice.pick(nb, en).to_owned()
    }
}

/// How often a page looks again while something may change any moment, while little will, and while it can only be the
/// number of seats.
const SOON: u32 = 3;
const NOW_AND_THEN: u32 = 10;
const RARELY: u32 = 30;

impl Said {
    fn new(tone: Tone, heading: impl Into<String>, lines: Vec<String>, live_seconds: u32) -> Self {
        let heading = heading.into();
        Self { tone, heading, lines, countdown: None, act: Act::Nothing, leave: None, live_seconds }
    }
}

/// What the reader is told.
pub fn say(stand: &Stand, door: Door, reading: Reading<'_>) -> Said {
    if let Some(cancellation) = &reading.event.details.cancellation {
        return cancelled(&cancellation.reason, stand, reading);
    }
    match stand {
        Stand::Nothing => at_the_door(door, reading),
        Stand::Waiting { place } => waiting(*place, door, reading),
        Stand::Payable { until, price, pay_path } => {
            let (voice, moment) = (reading.voice, reading.voice.moment(*until));
            let price = words::price(*price, voice.language);
            let said = match voice.language.is_nb() {
                true => format!("Betal {price} innen {moment}. Etter det går plassen til nestemann."),
                false => format!("Pay {price} by {moment}. After that the seat goes to the next in line."),
            };
            let heading = reading.pick("Plassen er holdt av til deg", "A seat is held for you");
            Said {
                countdown: Some(countdown(reading, *until, "Tid igjen til å betale:", "Time left to pay:")),
                act: Act::Pay(pay_path.clone()),
                leave: Some(reading.pick("Meld deg av", "Sign off")),
                ..Said::new(Tone::Open, heading, vec![said], NOW_AND_THEN)
            }
        }
        Stand::Checking { pay_path } => {
            let text = reading.pick(
                "Betalingsfristen er ute, men betalingen din kan være på vei. Plassen er din til Vipps har svart.",
                "The payment deadline has passed, but your payment may be on its way. The seat stays yours until Vipps \
                 has answered.",
            );
            let heading = reading.pick("Vi spør Vipps", "We are asking Vipps");
            Said {
                act: Act::Watch(pay_path.clone()),
                leave: Some(reading.pick("Meld deg av", "Sign off")),
                ..Said::new(Tone::Waiting, heading, vec![text], SOON)
            }
        }
        Stand::Seated { paid, sign_off } => seated(*paid, *sign_off, reading),
        Stand::Ended { reason, money } => ended(*reason, *money, door, reading),
    }
}

fn countdown(reading: Reading<'_>, until: Timestamp, nb: &str, en: &str) -> Countdown {
    Countdown { label: reading.pick(nb, en), until, words: reading.voice.left(until) }
}

fn at_the_door(door: Door, reading: Reading<'_>) -> Said {
    let pick = |nb: &str, en: &str| reading.pick(nb, en);
    match door {
        Door::Open => {
            let (heading, lines) = match reading.is_known {
                true => (pick("Det er plass til deg", "There is a seat for you"), time_to_pay(reading)),
                false => (pick("Det er ledige plasser", "There are free seats"), Vec::new()),
            };
            Said { act: come_in(door, reading), ..Said::new(Tone::Good, heading, lines, RARELY) }
        }
        Door::WaitingList => {
            let heading = pick("Fullt, men du kan stå på venteliste", "Full, but you can join the waiting list");
            Said { act: come_in(door, reading), ..Said::new(Tone::Open, heading, vec![queue_words(reading)], RARELY) }
        }
        Door::OpensAt(at) => {
            let heading = format!("{} {}", pick("Påmeldingen åpner", "Sign-up opens"), reading.voice.moment(at));
            let line = match reading.is_known {
                true => pick(
                    "Knappen kommer her når det er klart. Du trenger ikke laste siden på nytt.",
                    "The button appears here when it is time. There is no need to reload the page.",
                ),
                false => pick("Logg inn først, så er du klar.", "Sign in beforehand, and you are ready."),
            };
            let act = if reading.is_known { Act::Nothing } else { Act::LogIn(pick("Logg inn", "Sign in")) };
            let opens = Some(countdown(reading, at, "Åpner om:", "Opens in:"));
            Said { countdown: opens, act, ..Said::new(Tone::Waiting, heading, vec![line], NOW_AND_THEN) }
        }
        Door::Closed => Said::new(
            Tone::Over,
            pick("Påmeldingen er stengt", "Sign-up is closed"),
            vec![pick(
                "Arrangøren har stengt påmeldingen. Den kan åpne igjen.",
                "The organizer has closed sign-up. It may open again.",
            )],
            RARELY,
        ),
        Door::NoSignUp => Said::new(
            Tone::Over,
            pick("Ingen påmelding", "No sign-up"),
            vec![pick("Dette arrangementet tar ikke imot påmeldinger her.", "This event does not take sign-ups here.")],
            RARELY,
        ),
        Door::SignUpOver => Said::new(
            Tone::Over,
            pick("Påmeldingsfristen er ute", "Sign-up is over"),
            vec![pick(
                "Vil du likevel være med, spør arrangøren.",
                "If you would like to come all the same, ask the organizer.",
            )],
            RARELY,
        ),
        Door::TooLateToPay => Said::new(
            Tone::Over,
            pick("For sent å melde seg på", "Too late to sign up"),
            vec![pick(
                "Det er for kort tid igjen til start til å rekke å betale. Vil du være med, spør arrangøren.",
                "Too little time is left before the start to pay. If you would like to come, ask the organizer.",
            )],
            RARELY,
        ),
        Door::Over | Door::Cancelled => Said::new(
            Tone::Over,
            pick("Arrangementet er over", "The event is over"),
            vec![pick("Se hva som kommer framover.", "Have a look at what is coming.")],
            RARELY,
        ),
    }
}

/// The button that leads to a seat or to the queue, or the way to the login.
fn come_in(door: Door, reading: Reading<'_>) -> Act {
    let pick = |nb: &str, en: &str| reading.pick(nb, en);
    match (reading.is_known, door == Door::WaitingList) {
        (false, false) => Act::LogIn(pick("Logg inn for å melde deg på", "Sign in to sign up")),
        (false, true) => Act::LogIn(pick("Logg inn for å stå på venteliste", "Sign in to join the waiting list")),
        (true, false) => Act::SignUp(match reading.paid() {
            Some(paid) => {
                let price = words::price(paid.price, reading.voice.language);
                format!("{} – {price}", pick("Meld meg på", "Sign me up"))
            }
            None => pick("Meld meg på", "Sign me up"),
        }),
        (true, true) => Act::SignUp(pick("Sett meg på ventelista", "Put me on the waiting list")),
    }
}

fn time_to_pay(reading: Reading<'_>) -> Vec<String> {
    let Some(paid) = reading.paid() else { return Vec::new() };
    let span = words::span(paid.paytime, reading.voice.language);
    vec![match reading.voice.language.is_nb() {
        true => format!("Vi holder av plassen i {span} mens du betaler med Vipps."),
        false => format!("We hold the seat for {span} while you pay with Vipps."),
    }]
}

fn queue_words(reading: Reading<'_>) -> String {
    match reading.paid() {
        Some(_) => reading.pick(
            "Blir det ledig, får den første i køen plassen. Du betaler ingenting før du har fått plass.",
            "When a seat becomes free, the first in line gets it. You pay nothing before you have a seat.",
        ),
        None => reading.pick(
            "Blir det ledig, får den første i køen plassen.",
            "When a seat becomes free, the first in line gets it.",
        ),
    }
}

fn waiting(place: i64, door: Door, reading: Reading<'_>) -> Said {
    let pick = |nb: &str, en: &str| reading.pick(nb, en);
    if matches!(door, Door::Over | Door::TooLateToPay) {
        let line = pick("Flere plasser deles ikke ut nå.", "No more seats are given out now.");
        let heading = pick("Det ble ikke plass denne gangen", "There was no seat this time");
        return Said::new(Tone::Over, heading, vec![line], RARELY);
    }
    let heading = match reading.voice.language.is_nb() {
        true => format!("Du er nummer {place} på ventelista"),
        false => format!("You are number {place} on the waiting list"),
    };
    let mut lines = vec![pick(
        "Blir det din tur, sender vi deg et brev med en gang.",
        "When it is your turn, we write to you at once.",
    )];
    if let Some(paid) = reading.paid() {
        let span = words::span(paid.paytime.max(paid.promotion_paytime), reading.voice.language);
        lines.push(match reading.voice.language.is_nb() {
            true => format!("Da har du {span} på deg til å betale. Før det betaler du ingenting."),
            false => format!("Then you have {span} to pay. Until then you pay nothing."),
        });
    }
    let leave = Some(pick("Gå ut av køen", "Leave the queue"));
    Said { leave, ..Said::new(Tone::Waiting, heading, lines, NOW_AND_THEN) }
}

fn seated(paid: Paid, sign_off: SignOff, reading: Reading<'_>) -> Said {
    let pick = |nb: &str, en: &str| reading.pick(nb, en);
    let money = |amount| words::price(amount, reading.voice.language);
    let mut lines = Vec::new();
    match paid {
        Paid::Free => {}
        Paid::Through(amount) => lines.push(format!("{} {}.", pick("Du har betalt", "You have paid"), money(amount))),
        Paid::Outside(amount) => {
            lines.push(format!("{} {}.", pick("Betalt utenom Vipps:", "Paid outside Vipps:"), money(amount)));
        }
        Paid::GivenBack => lines.push(pick(
            "Du har fått pengene tilbake, og plassen er fortsatt din.",
            "Your money has been given back, and the seat is still yours.",
        )),
    }
    if reading.is_over() {
        lines.push(pick("Arrangementet er over.", "The event is over."));
        return Said::new(Tone::Over, pick("Du hadde plass", "You had a seat"), lines, RARELY);
    }
    let mut leave = None;
    lines.push(match sign_off {
        SignOff::Until(until) => {
            leave = Some(pick("Meld deg av", "Sign off"));
            let moment = reading.voice.moment(until);
            let gives_back = matches!(paid, Paid::Through(_) | Paid::Outside(_));
            match (gives_back, reading.voice.language.is_nb()) {
                (true, true) => format!("Kan du ikke komme, meld deg av innen {moment}. Da får du pengene tilbake."),
                (true, false) => format!("If you cannot come, sign off by {moment}. You then get your money back."),
                (false, true) => format!("Kan du ikke komme, meld deg av innen {moment}, så får en annen plassen."),
                (false, false) => format!("If you cannot come, sign off by {moment}, and somebody else gets the seat."),
            }
        }
        SignOff::TooLate => pick(
            "Avmeldingsfristen er ute. Kan du ikke komme, si fra til arrangøren.",
            "The deadline for signing off has passed. If you cannot come, tell the organizer.",
        ),
        SignOff::AskOrganizer => pick(
            "Plassen er betalt. Må du melde deg av, snakk med arrangøren om plassen og pengene.",
            "The seat is paid. If you have to sign off, talk to the organizer about the seat and the money.",
        ),
    });
    Said { leave, ..Said::new(Tone::Good, pick("Du har plass!", "You have a seat!"), lines, RARELY) }
}

fn ended(reason: EndedReason, money: Option<MoneyBack>, door: Door, reading: Reading<'_>) -> Said {
    let pick = |nb: &str, en: &str| reading.pick(nb, en);
    let heading = match reason {
        EndedReason::Withdrawn => pick("Du har meldt deg av", "You have signed off"),
        EndedReason::Unpaid => pick("Du rakk ikke betalingsfristen", "You missed the payment deadline"),
        EndedReason::Removed => pick("Arrangøren har meldt deg av", "The organizer has signed you off"),
        EndedReason::EventCancelled => pick("Arrangementet er avlyst", "The event is cancelled"),
    };
    let mut lines: Vec<String> =
        money.map(|money| money.words(reading.voice.language).to_owned()).into_iter().collect();
    if reason == EndedReason::Unpaid {
        lines.insert(0, pick("Plassen gikk til nestemann i køen.", "The seat went to the next in line."));
    }
    let may_return = reason != EndedReason::EventCancelled && door.lets_in();
    if may_return {
        lines.push(match door {
            Door::WaitingList => pick(
                "Det er fullt nå, men du kan stille deg i køen på nytt.",
                "It is full now, but you can join the queue again.",
            ),
            Door::Open
            | Door::OpensAt(_)
            | Door::Closed
            | Door::NoSignUp
            | Door::SignUpOver
            | Door::TooLateToPay
            | Door::Over
            | Door::Cancelled => pick(
                "Ombestemmer du deg, er det fortsatt ledige plasser.",
                "Should you change your mind, there are still free seats.",
            ),
        });
    }
    let act = if may_return { come_in(door, reading) } else { Act::Nothing };
    Said { act, ..Said::new(Tone::Over, heading, lines, NOW_AND_THEN) }
}

/// Whatever somebody had there: the event does not take place. A registration ends a moment after its event.
fn cancelled(reason: &str, stand: &Stand, reading: Reading<'_>) -> Said {
    let pick = |nb: &str, en: &str| reading.pick(nb, en);
    let mut lines = vec![format!("{} {reason}", pick("Arrangøren skriver:", "The organizer writes:"))];
    match stand {
        Stand::Ended { money: Some(money), .. } => lines.push(money.words(reading.voice.language).to_owned()),
        Stand::Seated { paid: Paid::Through(_), .. } => {
            lines.push(MoneyBack::OnItsWay.words(reading.voice.language).to_owned());
        }
        Stand::Seated { paid: Paid::Outside(_), .. } => {
            lines.push(MoneyBack::Outside.words(reading.voice.language).to_owned());
        }
        Stand::Seated { paid: Paid::Free | Paid::GivenBack, .. }
        | Stand::Nothing
        | Stand::Waiting { .. }
        | Stand::Payable { .. }
        | Stand::Checking { .. }
        | Stand::Ended { money: None, .. } => {}
    }
    Said::new(Tone::Over, pick("Arrangementet er avlyst", "The event is cancelled"), lines, NOW_AND_THEN)
}
