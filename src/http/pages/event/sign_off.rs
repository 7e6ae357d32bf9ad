//! Signing off: a page that asks again and says what becomes of seat and money, and the form behind it.

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::stand::{Paid, SignOff, Stand};
use super::{Found, path_of, refused, to_login};
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::flows::give_up::give_up;
use crate::http::Answered;
use crate::http::pages::form::{Form, NoFields};
use crate::http::pages::visitor::Visitor;
use crate::http::pages::voice::Voice;
use crate::http::pages::{Frame, html, render, see_other};
use crate::store::Stop;
use crate::words;

#[derive(Template)]
#[template(path = "pages/sign_off.html")]
struct SignOffTemplate<'a> {
    frame: &'a Frame,
    path: String,
    title: String,
    heading: &'a str,
    lines: Vec<String>,
    yes: &'a str,
    no: &'a str,
}

/// What the page shows that asks again before somebody signs off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOffPage {
    /// What stands around it.
    pub frame: Frame,
    /// The event.
    pub event: Event,
    /// What the reader has and would give up.
    pub stand: Stand,
    /// The time, the zone and the language.
    pub voice: Voice,
}

/// Renders the page; empty when there is nothing that could be given up.
pub fn render_sign_off(page: &SignOffPage) -> Option<String> {
    let frame = &page.frame;
    let lines = before_sign_off(&page.stand, page.voice)?;
    let is_queue = matches!(page.stand, Stand::Waiting { .. });
    let template = SignOffTemplate {
        frame,
        path: path_of(page.event.id),
        title: words::one_line(&page.event.details.title),
        heading: match is_queue {
            true => frame.pick("Gå ut av køen?", "Leave the queue?"),
            false => frame.pick("Melde deg av?", "Sign off?"),
        },
        lines,
        yes: match is_queue {
            true => frame.pick("Ja, ta meg ut av køen", "Yes, take me out of the queue"),
            false => frame.pick("Ja, meld meg av", "Yes, sign me off"),
        },
        no: match is_queue {
            true => frame.pick("Nei, jeg blir stående", "No, I stay in line"),
            false => frame.pick("Nei, jeg beholder plassen", "No, I keep the seat"),
        },
    };
    Some(render(&template, frame.language))
}

/// `GET /events/{event_id}/sign-off`.
pub(crate) async fn ask_again(visitor: Visitor, id: Path<EventId>) -> Answered {
    visitor.needs_caller()?;
    let found = Found::at(&visitor, *id).await?;
    let stand = found.stand();
    let Found { event, voice, .. } = found;
    let page = SignOffPage { frame: visitor.frame, event, stand, voice };
    // The event's page says why there is nothing to sign off from.
    Ok(match render_sign_off(&page) {
        Some(page) => html(StatusCode::OK, page),
        None => see_other(&path_of(*id)),
    })
}

/// `POST /events/{event_id}/sign-off`.
pub(crate) async fn leave(visitor: Visitor, id: Path<EventId>, form: Form<NoFields>) -> Answered {
    let Some(user) = visitor.caller.as_ref().map(|caller| caller.user.id) else { return Ok(to_login(*id)) };
    form.read()?;
    match give_up(&visitor.app, *id, user).await {
        Ok(()) => Ok(see_other(&format!("{}#state", path_of(*id)))),
        Err(Stop::Refused(refusal)) => refused(visitor, *id, refusal).await,
        Err(stop) => Err(stop.into()),
    }
}

/// What somebody should know who is about to sign off; empty when there is nothing to give up.
fn before_sign_off(stand: &Stand, voice: Voice) -> Option<Vec<String>> {
    let pick = |nb: &str, en: &str| voice.pick(nb, en).to_owned();
    let seat = || pick("Plassen går til nestemann i køen med en gang.", "The seat goes to the next in line at once.");
    let price = |amount| words::price(amount, voice.language);
    Some(match stand {
        Stand::Nothing | Stand::Ended { .. } => return None,
        Stand::Seated { sign_off: SignOff::TooLate | SignOff::AskOrganizer, .. } => return None,
        Stand::Waiting { place } => vec![match voice.language.is_nb() {
            true => format!("Du mister plassen som nummer {place}. Kommer du tilbake, står du bakerst."),
            false => format!("You lose your place as number {place}. Should you come back, you are last in line."),
        }],
        Stand::Payable { .. } | Stand::Checking { .. } => vec![
            seat(),
            pick(
                "Du betaler ingenting. Har du en betaling på gang, får du pengene tilbake.",
                "You pay nothing. If a payment is under way, you get the money back.",
            ),
        ],
        Stand::Seated { paid, sign_off: SignOff::Until(_) } => {
            let money = match (paid, voice.language.is_nb()) {
                (Paid::Free | Paid::GivenBack, _) => None,
                (Paid::Through(amount), true) => Some(format!("Du får tilbake {} i Vipps.", price(*amount))),
                (Paid::Through(amount), false) => Some(format!("You get {} back through Vipps.", price(*amount))),
                (Paid::Outside(amount), true) => {
                    Some(format!("Du betalte {} utenom Vipps. De får du igjen fra arrangøren.", price(*amount)))
                }
                (Paid::Outside(amount), false) => {
                    Some(format!("You paid {} outside Vipps. The organizer gives it back.", price(*amount)))
                }
            };
            std::iter::once(seat()).chain(money).collect()
        }
    })
}
