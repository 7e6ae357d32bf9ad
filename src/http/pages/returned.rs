//! Where the payer comes back to: what we know of the payment, looked at again until it is known, and the way home. It
//! may open in another browser than the one that left, so it asks for nothing and assumes nothing.

use askama::Template;

use super::{EventWords, Frame, MoneyBack, Tone, render};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPage {
    /// Language, organization, way home.
    pub frame: Frame,
    /// For what.
    pub event: EventWords,
    /// How it stands.
    pub state: ReturnState,
    /// The payment link's page, as a path.
    pub pay_path: String,
    /// What the provider is called.
    pub with: &'static str,
}

/// What is known of the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReturnState {
    /// Nothing yet: the provider is being asked.
    Checking {
        /// After how many seconds the page looks again; more after a while.
        refresh_seconds: u32,
    },
    /// Paid; the seat is confirmed.
    Paid,
    /// Not paid, and there is time to try again.
    NotPaid {
        /// Until when, like "i dag kl. 18.00".
        until: String,
    },
    /// Not paid, and there is no time left.
    DeadlinePassed,
    /// The registration is over; what comes in is given back.
    Ended {
        /// What became of the money.
        money: MoneyBack,
    },
    /// All of the money was given back, and the seat is still there.
    Refunded,
}

#[derive(Template)]
#[template(path = "pages/return.html")]
struct ReturnTemplate<'a> {
    frame: &'a Frame,
    event: &'a EventWords,
    tone: Tone,
    title: String,
    heading: &'static str,
    text: String,
    try_again: Option<&'static str>,
    look_now: Option<&'static str>,
    back_to_paying: Option<&'static str>,
    pay_path: &'a str,
    way_on: Option<&'a str>,
    live_seconds: Option<&'static str>,
    /// For browsers without scripts.
    refresh_seconds: Option<u32>,
}

/// How often a page asks again whose answer is expected any moment. The questions to the provider are at least a second
/// apart, whoever asks; the next one goes out as soon as it may.
const AT_ONCE: &str = "0.5";

/// Renders the page.
pub fn render_return(page: &ReturnPage) -> String {
    let nb = page.frame.language.is_nb();
    let (tone, heading, text) = say(&page.state, &page.frame);
    let template = ReturnTemplate {
        frame: &page.frame,
        event: &page.event,
        tone,
        title: format!("{heading} – {}", page.event.title),
        heading,
        text: text.replace("Vipps", page.with),
        try_again: matches!(page.state, ReturnState::NotPaid { .. }).then_some(if nb {
            "Prøv igjen"
        } else {
            "Try again"
        }),
        look_now: matches!(page.state, ReturnState::Checking { .. }).then_some(if nb {
            "Sjekk nå"
        } else {
            "Check now"
        }),
        back_to_paying: matches!(page.state, ReturnState::Checking { .. }).then_some(if nb {
            "Ble du avbrutt? Betal her"
        } else {
            "Were you interrupted? Pay here"
        }),
        pay_path: &page.pay_path,
        way_on: match page.state {
            ReturnState::Checking { .. } | ReturnState::NotPaid { .. } => None,
            ReturnState::Paid | ReturnState::DeadlinePassed | ReturnState::Ended { .. } | ReturnState::Refunded => {
                page.frame.home_url.as_deref()
            }
        },
        live_seconds: match page.state {
            ReturnState::Checking { refresh_seconds: 0..=2 } => Some(AT_ONCE),
            ReturnState::Checking { .. } | ReturnState::NotPaid { .. } => Some("5"),
            ReturnState::Ended { money: MoneyBack::OnItsWay } => Some("10"),
            ReturnState::Paid | ReturnState::DeadlinePassed | ReturnState::Ended { .. } | ReturnState::Refunded => None,
        },
        refresh_seconds: match page.state {
            ReturnState::Checking { refresh_seconds } => Some(refresh_seconds.max(1)),
            ReturnState::Paid
            | ReturnState::NotPaid { .. }
            | ReturnState::DeadlinePassed
            | ReturnState::Ended { .. }
            | ReturnState::Refunded => None,
        },
    };
    render(&template, page.frame.language)
}

fn say(state: &ReturnState, frame: &Frame) -> (Tone, &'static str, String) {
    let pick = |nb: &'static str, en: &'static str| if frame.language.is_nb() { nb } else { en };
    let said = |tone, heading, text: &str| (tone, heading, text.to_owned());
    match state {
        ReturnState::Checking { .. } => said(
            Tone::Waiting,
            pick("Et øyeblikk …", "One moment …"),
            pick(
                "Vi venter på svar fra Vipps. Siden oppdaterer seg selv, og plassen er din så lenge.",
                "We are waiting for Vipps. This page updates by itself, and the seat stays yours meanwhile.",
            ),
        ),
        ReturnState::Paid => said(
            Tone::Good,
            pick("Betalt. Du har plass!", "Paid. You have a seat!"),
            pick("Du trenger ikke gjøre noe mer. Vi sees!", "There is nothing more you need to do. See you there!"),
        ),
        ReturnState::NotPaid { until } => (
            Tone::Open,
            pick("Ikke betalt ennå", "Not paid yet"),
            match frame.language {
                super::Language::Nb => {
                    format!("Betalingen ble ikke fullført, men plassen er fortsatt holdt av. Betalingsfrist: {until}.")
                }
                super::Language::En => {
                    format!(
                        "The payment was not completed, but the seat is still held for you. Payment deadline: {until}."
                    )
                }
            },
        ),
        ReturnState::DeadlinePassed => said(
            Tone::Over,
            pick("Fristen er ute", "The deadline has passed"),
            pick(
                "Vi fikk ingen betaling i tide, så plassen går til nestemann. Du er ikke trukket for noe.",
                "No payment reached us in time, so the seat goes to the next in line. You have not been charged.",
            ),
        ),
        ReturnState::Ended { money } => (
            Tone::Over,
            pick("Påmeldingen er avsluttet", "The registration has ended"),
            money.words(frame.language).to_owned(),
        ),
        ReturnState::Refunded => said(
            Tone::Good,
            pick("Pengene er gitt tilbake", "Your money has been returned"),
            pick("Plassen er fortsatt din.", "The seat is still yours."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::super::pay::tests::{event, frame};
    use super::*;

    fn html(language: Language, state: ReturnState) -> String {
        let (frame, event) = (frame(language), event(language));
        render_return(&ReturnPage { frame, event, state, pay_path: "/pay/abc".to_owned(), with: "Vipps" })
    }

    #[test]
    fn the_page_looks_again_until_it_knows() {
        let open = html(Language::Nb, ReturnState::Checking { refresh_seconds: 2 });
        assert!(open.contains("<meta http-equiv=\"refresh\" content=\"2\">") && open.contains("Sjekk nå"), "{open}");
        for known in [
            ReturnState::Paid,
            ReturnState::NotPaid { until: "i dag kl. 18.00".into() },
            ReturnState::DeadlinePassed,
            ReturnState::Ended { money: MoneyBack::OnItsWay },
            ReturnState::Refunded,
        ] {
            let page = html(Language::En, known);
            assert!(!page.contains("http-equiv=\"refresh\"") && page.contains("arrangement/1"));
        }
    }

    #[test]
    fn who_did_not_pay_can_try_again() {
        let page = html(Language::En, ReturnState::NotPaid { until: "today at 18:00".into() });
        assert!(page.contains("deadline: today at 18:00") && page.contains("href=\"/pay/abc\""), "{page}");
        assert!(!html(Language::En, ReturnState::DeadlinePassed).contains("href=\"/pay/abc\""));
    }
}
