//! The demo's letterbox: every letter that would have gone to somebody, as it would have looked there. A real server has
//! none of these pages. A letter is shown in a frame of its own, where nothing runs and nothing is loaded.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Path;
use askama::Template;

use super::visitor::Visitor;
use super::voice::Voice;
use super::{Frame, html, render};
use crate::domain::refusal::Refusal;
use crate::flows::read_letters::{KeptLetter, read_letter, read_letters};
use crate::http::Answered;
use crate::http::page::{NoFilter, Page};
use crate::words;

/// A letter in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterLine {
    /// Where it is.
    pub path: String,
    /// What it is about.
    pub subject: String,
    /// To whom.
    pub to: String,
    /// When.
    pub when: String,
}

/// What the list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LettersPage {
    /// What stands around it.
    pub frame: Frame,
    /// The letters, newest first.
    pub letters: Vec<LetterLine>,
    /// Where older ones are.
    pub more: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/letters.html")]
struct LettersTemplate<'a> {
    frame: &'a Frame,
    page: &'a LettersPage,
}

/// Renders the list.
pub fn render_letters(page: &LettersPage) -> String {
    render(&LettersTemplate { frame: &page.frame, page }, page.frame.language)
}

/// What the page of one letter shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterPage {
    /// What stands around it.
    pub frame: Frame,
    /// The letter in the list.
    pub line: LetterLine,
    /// What it says, as plain text.
    pub text: String,
    /// The files that came with it: name and place.
    pub files: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/letter.html")]
struct LetterTemplate<'a> {
    frame: &'a Frame,
    page: &'a LetterPage,
}

/// Renders the page of one letter.
pub fn render_letter(page: &LetterPage) -> String {
    render(&LetterTemplate { frame: &page.frame, page }, page.frame.language)
}

fn path_of(number: u64) -> String {
    format!("/letters/{number}")
}

fn line(letter: &KeptLetter, voice: Voice) -> LetterLine {
    LetterLine {
        path: path_of(letter.number),
        subject: words::one_line(&letter.subject),
        to: letter.to.clone(),
        when: voice.moment(letter.sent_at),
    }
}

/// `GET /letters`.
pub(crate) async fn list(visitor: Visitor, page: Page<NoFilter>) -> Answered {
    let (before, fetch) = (page.after::<u64>()?, usize::try_from(page.fetch()).unwrap_or_default());
    let (letters, next) = page.cut(read_letters(&visitor.app, before, fetch)?, |letter| letter.number);
    let voice = Voice::of(&visitor);
    let letters = letters.iter().map(|letter| line(letter, voice)).collect();
    let more = next.map(|cursor| format!("/letters?cursor={cursor}"));
    Ok(html(StatusCode::OK, render_letters(&LettersPage { frame: visitor.frame, letters, more })))
}

/// `GET /letters/{number}`.
pub(crate) async fn show(visitor: Visitor, number: Path<u64>) -> Answered {
    let letter = read_letter(&visitor.app, *number)?;
    let line = line(&letter, Voice::of(&visitor));
    let files = letter.files.iter().enumerate();
    let files = files.map(|(place, file)| (file.name.clone(), format!("{}/files/{place}", line.path))).collect();
    let page = LetterPage { frame: visitor.frame, line, text: letter.text, files };
    let mut response = html(StatusCode::OK, render_letter(&page));
    say(&mut response, header::CONTENT_SECURITY_POLICY, AROUND_A_LETTER);
    Ok(response)
}

// The page may hold the letter, and nothing else may hold the page.
const AROUND_A_LETTER: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// Letters bring their style with them, as mail programs want it. In the sandbox nothing runs, and no form is sent; a link
// opens where the reader sees it.
const INSIDE_A_LETTER: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; \
    style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

fn say(response: &mut HttpResponse, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

/// `GET /letters/{number}/body`: the letter itself, for the frame.
pub(crate) async fn body(visitor: Visitor, number: Path<u64>) -> Answered {
    let letter = read_letter(&visitor.app, *number)?;
    // Within the frame a link would open the house in the house.
    let body = letter.html.replacen("<head>", "<head><base target=\"_blank\">", 1);
    let mut response = html(StatusCode::OK, body);
    say(&mut response, header::CONTENT_SECURITY_POLICY, INSIDE_A_LETTER);
    say(&mut response, header::X_FRAME_OPTIONS, "SAMEORIGIN");
    Ok(response)
}

/// `GET /letters/{number}/files/{place}`: a file that came with the letter, to be kept.
pub(crate) async fn file(visitor: Visitor, path: Path<(u64, usize)>) -> Answered {
    let (number, place) = path.into_inner();
    let letter = read_letter(&visitor.app, number)?;
    let file = letter.files.into_iter().nth(place).ok_or(Refusal::NotFound)?;
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let name: String = file.name.chars().filter(is_plain).collect();
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(file.content))
}
