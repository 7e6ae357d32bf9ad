//! The description for people: one page with every operation, and one page for each problem, in both languages. They are
//! rendered from the document, the examples and the list of problems; they load nothing from elsewhere and run no script.

use std::sync::LazyLock;

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::Value;

use super::DOCUMENT;
use super::main_job::{Step, main_job};
use super::shown::{Operation, Paragraph, Shape, Words, operations_of, pretty, shape_of};
use crate::domain::refusal::Refusal;
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::pages::hash_of;
use crate::http::problems::{ProblemAnswer, ProblemKind, Texts, problem_kind, problems};
use crate::words::{Language, problem_language};

const STYLE: &str = include_str!("../../../templates/docs/style.css");

static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = hash_of(STYLE);
    format!("default-src 'none'; style-src '{style}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
});

#[derive(Template)]
#[template(path = "docs/overview.html")]
struct Overview {
    language: Language,
    style: &'static str,
    title: String,
    version: String,
    about: Vec<Paragraph>,
    steps: Vec<Step>,
    tags: Vec<Tag>,
    shapes: Vec<Shape>,
    problems: Vec<(u16, &'static str, Words)>,
}

/// Operations that belong together.
struct Tag {
    name: String,
    about: String,
    operations: Vec<Operation>,
}

#[derive(Template)]
#[template(path = "docs/problem.html")]
struct ProblemPage {
    language: Language,
    style: &'static str,
    problem: &'static ProblemKind,
    texts: &'static Texts,
    meaning: Words,
    advice: Words,
    example: String,
    operations: Vec<(&'static str, &'static str, &'static str)>,
}

// Rendered once; when that went wrong, the reason is told on each visit.
static OVERVIEW: LazyLock<Result<String, String>> = LazyLock::new(|| {
    let document = serde_json::from_str(&DOCUMENT.text).map_err(|error| error.to_string())?;
    overview_of(&document).render().map_err(|error| error.to_string())
});

/// `GET /docs`
pub(crate) async fn overview() -> Answered {
    let page = OVERVIEW.as_ref().map_err(|error| ApiError::Bug(format!("rendering the documentation: {error}")))?;
    Ok(html(page.clone(), Language::En))
}

/// `GET /docs/problems/{code}`
pub(crate) async fn problem(request: HttpRequest, code: Path<String>) -> Answered {
    let problem = problem_kind(&code).ok_or(Refusal::NotFound)?;
    let language = language_of(&request);
    let texts = problem.texts(language);
    let operations = super::operations().into_iter().filter(|described| described.may_refuse(problem.code));
    let page = ProblemPage {
        language,
        style: STYLE,
        problem,
        texts,
        meaning: Words::of(texts.meaning),
        advice: Words::of(texts.advice),
        example: pretty(&crate::http::written(&ProblemAnswer::example(problem, language))),
        operations: operations.map(|described| (described.method_name(), described.path, described.id)).collect(),
    };
    let page = page.render().map_err(|error| ApiError::Bug(format!("rendering a problem's page: {error}")))?;
    Ok(html(page, language))
}

/// The language that the address asks for, or else the browser.
fn language_of(request: &HttpRequest) -> Language {
    let asked = request.query_string().split('&').find_map(|part| part.strip_prefix("lang="));
    asked.and_then(Language::of_word).unwrap_or_else(|| {
        let header = request.headers().get(header::ACCEPT_LANGUAGE);
        problem_language(header.and_then(|header| header.to_str().ok()))
    })
}

fn html(page: String, language: Language) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, no-cache"))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, "Accept-Language"))
        .body(page)
}

fn overview_of(document: &Value) -> Overview {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut operations = operations_of(document);
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    let tags = tags.map(|tag| {
        let word = |name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = word("name");
        let (own, others) = std::mem::take(&mut operations).into_iter().partition(|operation| operation.tag == name);
        operations = others;
        Tag { about: word("description"), name, operations: own }
    });
    let tags = tags.collect();
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let mut problems: Vec<_> = problems().map(|kind| (kind.status, kind.code, Words::of(kind.en.meaning))).collect();
    problems.sort_by_key(|(status, ..)| *status);
    Overview {
        language: Language::En,
        style: STYLE,
        title: text("/info/title"),
        version: text("/info/version"),
        about: text("/info/description").split("\n\n").map(Paragraph::of).collect(),
        steps: main_job(),
        tags,
        shapes: schemas.into_iter().flatten().map(|(name, schema)| shape_of(name, schema)).collect(),
        problems,
    }
}
