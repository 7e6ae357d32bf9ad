//! The page behind a payment link: what is owed, for what, until when, and the button; later, what became of it. The
//! link stays good for ever, so every ending has its words.

use askama::Template;

use super::event::said::Countdown;
use super::{EventWords, Frame, MoneyBack, Tone, render};
use crate::domain::registration::EndedReason;
use crate::flows::cards::Card;

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayPage {
    /// Language, organization, way home.
    pub frame: Frame,
    /// For what.
    pub event: EventWords,
    /// How it stands.
    pub state: PayState,
    /// Why the click before this page did not get through.
    pub notice: Option<Notice>,
    /// Where the button goes, as a path.
    pub action: String,
    /// True when a phone can pay by scanning a code from this screen.
    pub draws_codes: bool,
    /// How it stands with the payer's card, where a stored card is charged; empty where the payer approves.
    pub card: Option<Card>,
}

/// How the order stands for the one who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayState {
    /// It can be paid now.
    Payable {
        /// Until when, like "i dag kl. 18.00".
        until: String,
        /// What runs out.
        countdown: Countdown,
        /// What time it is, as scripts read it.
        now: String,
    },
    /// The provider is being asked.
    Checking,
    /// Paid; the seat is confirmed.
    Paid,
    /// Nobody paid before the deadline.
    DeadlinePassed,
    /// The registration ended.
    Ended {
        /// Why.
        reason: EndedReason,
        /// What became of the money.
        money: MoneyBack,
    },
    /// All of the money was given back, and the seat is still there.
    Refunded,
}

/// Why a click did not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The provider does not answer, or is still closing the last session.
    OneMoment,
    /// Too many sessions within an hour.
    TooManyAttempts,
}

#[derive(Template)]
#[template(path = "pages/pay.html")]
struct PayTemplate<'a> {
    frame: &'a Frame,
    event: &'a EventWords,
    tone: Tone,
    title: String,
    heading: &'a str,
    text: String,
    countdown: Option<(&'a Countdown, &'a str)>,
    notice: Option<&'static str>,
    button: Option<&'a str>,
    code_button: Option<&'a str>,
    explained: Option<&'static str>,
    another_card: Option<String>,
    action: &'a str,
    way_on: Option<&'a str>,
    live_seconds: Option<u32>,
    /// For browsers without scripts: only a page that waits for the provider loads itself again.
    refresh_seconds: Option<u32>,
}

/// How often a page that waits for the provider looks again.
const REFRESH_SECONDS: u32 = 3;
/// How often a page looks again that may be paid in another tab, or end.
const LIVE_SECONDS: u32 = 10;

/// Renders the page.
pub fn render_pay(page: &PayPage) -> String {
    let language = page.frame.language;
    let mut said = say(&page.state, &page.frame);
    if page.card.is_some() {
        (said.heading, said.text) = of_askell(said.heading, &said.text, &page.frame);
    }
    let payable = matches!(page.state, PayState::Payable { .. });
    let template = PayTemplate {
        frame: &page.frame,
        event: &page.event,
        tone: said.tone,
        title: format!("{} – {}", said.heading, page.event.title),
        heading: said.heading,
        text: said.text,
        countdown: match &page.state {
            PayState::Payable { countdown, now, .. } => Some((countdown, now)),
            PayState::Checking
            | PayState::Paid
            | PayState::DeadlinePassed
            | PayState::Ended { .. }
            | PayState::Refunded => None,
        },
        notice: page.notice.map(|notice| notice.words(&page.frame, page.card.is_some())),
        button: payable.then(|| button_of(page.card, &page.frame)),
        code_button: (page.draws_codes && payable)
            .then(|| language.pick("Skann med telefonen i stedet", "Scan with your phone instead")),
        explained: page.card.filter(|_| payable).map(|card| explained(card, &page.frame)),
        another_card: (payable && page.card == Some(Card::OnFile)).then(|| format!("{}/card", page.action)),
        action: &page.action,
        way_on: match page.state {
            PayState::Payable { .. } | PayState::Checking => None,
            PayState::Paid | PayState::DeadlinePassed | PayState::Ended { .. } | PayState::Refunded => {
                page.frame.home_url.as_deref()
            }
        },
        live_seconds: match page.state {
            PayState::Payable { .. } => Some(LIVE_SECONDS),
            PayState::Checking => Some(REFRESH_SECONDS),
            PayState::Ended { money: MoneyBack::OnItsWay, .. } => Some(LIVE_SECONDS),
            PayState::Paid | PayState::DeadlinePassed | PayState::Ended { .. } | PayState::Refunded => None,
        },
        refresh_seconds: (page.state == PayState::Checking).then_some(REFRESH_SECONDS),
    };
    render(&template, language)
}

/// What the button says.
fn button_of(card: Option<Card>, frame: &Frame) -> &'static str {
    match (card, frame.language.is_nb()) {
        (None, true) => "Betal med Vipps",
        (None, false) => "Pay with Vipps",
        (Some(Card::OnFile), true) => "Betal med kortet ditt",
        (Some(Card::OnFile), false) => "Pay with your card",
        (Some(Card::None | Card::BeingRegistered), true) => "Registrer kort",
        (Some(Card::None | Card::BeingRegistered), false) => "Register a card",
    }
}

/// What the button will do, where that is not said by itself.
fn explained(card: Card, frame: &Frame) -> &'static str {
    match (card, frame.language.is_nb()) {
        (Card::OnFile, true) => "Knappen belaster det registrerte kortet ditt med en gang.",
        (Card::OnFile, false) => "The button charges your registered card at once.",
        (Card::None, true) => {
            "Kortet registrerer du hos Áskell. Ingenting belastes før du kommer tilbake hit og betaler."
        }
        (Card::None, false) => "You register the card at Áskell. Nothing is charged before you come back here and pay.",
        (Card::BeingRegistered, true) => "Kortet er ikke registrert ennå. Knappen begynner på nytt hos Áskell.",
        (Card::BeingRegistered, false) => "The card is not registered yet. The button begins anew at Áskell.",
    }
}

/// Heading and text where Áskell is the provider.
fn of_askell(heading: &'static str, text: &str, frame: &Frame) -> (&'static str, String) {
    let heading = if heading.contains("Vipps") {
        frame.language.pick("Vi spør Áskell", "We are asking Áskell")
    } else {
        heading
    };
    (heading, text.replace("Vipps", "Áskell"))
}

/// A state in words.
struct Said {
    tone: Tone,
    heading: &'static str,
    text: String,
}

fn say(state: &PayState, frame: &Frame) -> Said {
    let pick = |nb: &'static str, en: &'static str| if frame.language.is_nb() { nb } else { en };
    let said = |tone, heading, text: &str| Said { tone, heading, text: text.to_owned() };
    match state {
        PayState::Payable { until, .. } => Said {
            tone: Tone::Open,
            heading: pick("Plassen er holdt av til deg", "A seat is held for you"),
            text: match frame.language {
                super::Language::Nb => format!("Betal innen {until}. Etter det går plassen til nestemann."),
                super::Language::En => format!("Pay by {until}. After that the seat goes to the next in line."),
            },
        },
        PayState::Checking => said(
            Tone::Waiting,
            pick("Vi spør Vipps", "We are asking Vipps"),
            pick(
                "Fristen er ute, men betalingen din kan være på vei. Plassen er din til Vipps har svart.",
                "The deadline has passed, but your payment may be on its way. The seat stays yours until Vipps has answered.",
            ),
        ),
        PayState::Paid => said(
            Tone::Good,
            pick("Betalt. Du har plass!", "Paid. You have a seat!"),
            pick("Du trenger ikke gjøre noe mer. Vi sees!", "There is nothing more you need to do. See you there!"),
        ),
        PayState::DeadlinePassed => said(
            Tone::Over,
            pick("Fristen er ute", "The deadline has passed"),
            pick(
                "Vi fikk ingen betaling i tide, så plassen går til nestemann. Du er ikke trukket for noe.",
                "No payment reached us in time, so the seat goes to the next in line. You have not been charged.",
            ),
        ),
        PayState::Ended { reason, money } => {
            let heading = match reason {
                EndedReason::Withdrawn => pick("Du har meldt deg av", "You have signed off"),
                EndedReason::Unpaid => pick("Fristen er ute", "The deadline has passed"),
                EndedReason::Removed => pick("Du er meldt av", "You have been signed off"),
                EndedReason::EventCancelled => pick("Arrangementet er avlyst", "The event is cancelled"),
            };
            said(Tone::Over, heading, money.words(frame.language))
        }
        PayState::Refunded => said(
            Tone::Good,
            pick("Pengene er gitt tilbake", "Your money has been returned"),
            pick("Plassen er fortsatt din.", "The seat is still yours."),
        ),
    }
}

impl Notice {
    fn words(self, frame: &Frame, over_card: bool) -> &'static str {
        match (self, frame.language.is_nb()) {
            (Self::OneMoment, true) if over_card => "Áskell svarer ikke akkurat nå. Vent et øyeblikk, og prøv igjen.",
            (Self::OneMoment, false) if over_card => {
                "Áskell is not answering right now. Wait a moment, then try again."
            }
            (Self::OneMoment, true) => "Vipps svarer ikke akkurat nå. Vent et øyeblikk, og prøv igjen.",
            (Self::OneMoment, false) => "Vipps is not answering right now. Wait a moment, then try again.",
            (Self::TooManyAttempts, true) => "Det ble mange forsøk på kort tid. Vent litt, og prøv igjen.",
            (Self::TooManyAttempts, false) => "That was many attempts in a short time. Wait a little, then try again.",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::Language;
    use super::*;

    pub(in super::super) fn frame(language: Language) -> Frame {
        Frame {
            language,
            organization: "Studentforeningen".to_owned(),
            home_url: Some("https://medlem.example.org/arrangement/1".to_owned()),
            address: "/pay/abc".to_owned(),
            ways: None,
            demo_clock: None,
            test_mode: false,
        }
    }

    pub(in super::super) fn event(language: Language) -> EventWords {
        EventWords {
            title: "Julebord 2026 <script>".to_owned(),
            location: "Kjelleren, Storgata 1".to_owned(),
            starts: language.pick("lørdag 12. desember kl. 18.00", "Saturday 12 December at 18:00").to_owned(),
            price: language.pick("250\u{a0}kr", "NOK\u{a0}250").to_owned(),
        }
    }

    fn page(language: Language, state: PayState) -> PayPage {
        PayPage {
            frame: frame(language),
            event: event(language),
            state,
            notice: None,
            action: "/pay/abc".to_owned(),
            draws_codes: false,
            card: None,
        }
    }

    pub(in super::super) fn states() -> Vec<(&'static str, PayState)> {
        let ended = |reason, money| PayState::Ended { reason, money };
        vec![
            (
                "payable",
                PayState::Payable {
                    until: "i dag kl. 18.00".into(),
                    countdown: Countdown {
                        label: "Tid igjen:".into(),
                        until: crate::domain::time::at_millis(0),
                        words: "1 time og 20 minutter".into(),
                    },
                    now: "1970-01-01T00:00:00.000Z".into(),
                },
            ),
            ("checking", PayState::Checking),
            ("paid", PayState::Paid),
            ("deadline", PayState::DeadlinePassed),
            ("withdrawn", ended(EndedReason::Withdrawn, MoneyBack::Nothing)),
            ("removed", ended(EndedReason::Removed, MoneyBack::OnItsWay)),
            ("cancelled", ended(EndedReason::EventCancelled, MoneyBack::Returned)),
            ("refunded", PayState::Refunded),
        ]
    }

    #[test]
    fn only_a_payable_order_has_a_button_and_only_a_checking_page_looks_again() {
        for (name, state) in states() {
            for language in [Language::Nb, Language::En] {
                let html = render_pay(&page(language, state.clone()));
                assert_eq!(html.contains("method=\"post\""), name == "payable", "{name}");
                assert_eq!(html.contains("http-equiv=\"refresh\""), name == "checking", "{name}");
                assert!(html.contains("role=\"status\"") && html.contains("arrangement/1"), "{name}");
                assert!(html.contains(&format!("<html lang=\"{}\"", language.tag())), "{name}");
            }
        }
    }

    #[test]
    fn the_page_says_what_a_press_does_to_a_card() {
        for language in [Language::Nb, Language::En] {
            for (card, words, another) in [
                (Card::None, ["Ingenting belastes før", "Nothing is charged before"], false),
                (Card::BeingRegistered, ["ikke registrert ennå", "not registered yet"], false),
                (Card::OnFile, ["belaster det registrerte kortet", "charges your registered card"], true),
            ] {
                let payable = PayPage { card: Some(card), ..page(language, states().swap_remove(0).1) };
                let html = render_pay(&payable);
                assert!(html.contains(words[usize::from(!language.is_nb())]), "{card:?} {html}");
                assert_eq!(html.contains("/pay/abc/card"), another, "{card:?}");
                let checking = PayPage { card: Some(card), ..page(language, PayState::Checking) };
                let html = render_pay(&checking);
                assert!(html.contains("Áskell") && !html.contains("Vipps"), "{html}");
            }
        }
    }

    #[test]
    fn a_title_is_text_and_nothing_else() {
        let html = render_pay(&page(Language::Nb, PayState::Paid));
        assert!(!html.contains("2026 <script>"), "{html}");
    }

    #[test]
    fn a_click_that_did_not_get_through_is_explained_above_the_button() {
        let mut page = page(Language::En, states().swap_remove(0).1);
        page.notice = Some(Notice::OneMoment);
        let html = render_pay(&page);
        let (notice, button) = (html.find("Wait a moment").unwrap(), html.find("Pay with Vipps").unwrap());
        assert!(notice < button && html.contains("role=\"alert\""));
    }
}
