//! The description for people: one page with every operation, and one page for each problem. Both are rendered from the
//! document and the list of problems, once; they load nothing from elsewhere and run no script.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;
use askama::Template;
use serde_json::Value;

use super::DOCUMENT;
use super::shown::{Operation, Paragraph, Shape, operations_of, shape_of};
use crate::domain::refusal::Refusal;
use crate::http::Answered;
use crate::http::error::ApiError;
use crate::http::pages::hash_of;
use crate::http::problems::{PROBLEMS, ProblemKind, problem_kind};

const STYLE: &str = include_str!("../../../templates/docs/style.css");

static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = hash_of(STYLE);
    format!("default-src 'none'; style-src '{style}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'")
});

#[derive(Template)]
#[template(path = "docs/overview.html")]
struct Overview {
    style: &'static str,
    title: String,
    version: String,
    about: Vec<Paragraph>,
    tags: Vec<Tag>,
    shapes: Vec<Shape>,
    problems: &'static [ProblemKind],
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
    style: &'static str,
    problem: &'static ProblemKind,
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
    Ok(html(page.clone()))
}

/// `GET /docs/problems/{code}`
pub(crate) async fn problem(code: Path<String>) -> Answered {
    let problem = problem_kind(&code).ok_or(Refusal::NotFound)?;
    let mut operations = Vec::new();
    for described in super::operations() {
        if described.may_refuse(problem.code) {
            operations.push((described.method_name(), described.path, described.id));
        }
    }
    let page = ProblemPage { style: STYLE, problem, operations };
    let page = page.render().map_err(|error| ApiError::Bug(format!("rendering a problem's page: {error}")))?;
    Ok(html(page))
}

fn html(page: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY.as_str()))
        .insert_header((header::CACHE_CONTROL, "public, no-cache"))
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
    Overview {
        style: STYLE,
        title: text("/info/title"),
        version: text("/info/version"),
        about: text("/info/description").split("\n\n").map(Paragraph::of).collect(),
        tags,
        shapes: schemas.into_iter().flatten().map(|(name, schema)| shape_of(name, schema)).collect(),
        problems: PROBLEMS,
    }
}
