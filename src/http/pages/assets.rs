//! The one stylesheet, the one script and the icon. Their names carry a digest of what is in them, so a browser keeps them for ever
//! and a new version is a new name.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Path;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::domain::refusal::Refusal;
use crate::http::Answered;

const STYLE: &str = include_str!("../../../templates/pages/style.css");
const ICON: &str = include_str!("../../../templates/pages/icon.svg");
const SCRIPT: &str = include_str!("../../../templates/pages/page.js");

static STYLE_PATH: LazyLock<String> = LazyLock::new(|| named(STYLE, "css"));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| named(ICON, "svg"));
static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| named(SCRIPT, "js"));

fn named(text: &str, ending: &str) -> String {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()));
    format!("/assets/{}.{ending}", digest.get(..16).unwrap_or_default())
}

/// Where the stylesheet is.
pub(super) fn style_path() -> &'static str {
    &STYLE_PATH
}

/// Where the icon is.
pub(super) fn icon_path() -> &'static str {
    &ICON_PATH
}

/// Where the script is.
pub(super) fn script_path() -> &'static str {
    &SCRIPT_PATH
}

/// `GET /assets/{name}`. A page from before an update still finds its style, in the present version.
pub(crate) async fn show(name: Path<String>) -> Answered {
    let (kind, text, path) = match name.rsplit_once('.') {
        Some((_, "css")) => ("text/css; charset=utf-8", STYLE, style_path()),
        Some((_, "svg")) => ("image/svg+xml", ICON, icon_path()),
        Some((_, "js")) => ("text/javascript; charset=utf-8", SCRIPT, script_path()),
        Some(_) | None => return Err(Refusal::NotFound.into()),
    };
    let is_named = path.strip_prefix("/assets/").is_some_and(|present| present == name.as_str());
    let keep = if is_named { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(HttpResponse::Ok().content_type(kind).insert_header((header::CACHE_CONTROL, keep)).body(text))
}
