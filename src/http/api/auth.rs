//! Signing in, staying in and leaving. Idempotency keys mean nothing here: tokens are never handed out twice.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::json;

use crate::flows::app::App;
use crate::flows::tokens::Tokens;
use crate::flows::{log_in, log_out, refresh};
use crate::http::Answered;
use crate::http::body::Body;
use crate::http::extract::ClientAddress;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogIn {
    email: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refresh {
    refresh_token: String,
}

/// `POST /auth/login`
pub(crate) async fn log_in(app: Data<App>, from: ClientAddress, body: Body) -> Answered {
    let asked: LogIn = body.json()?;
    let tokens = log_in::log_in(&app, from.0, &asked.email, &asked.password).await?;
    Ok(write_tokens(&tokens))
}

/// `POST /auth/refresh`
pub(crate) async fn refresh(app: Data<App>, body: Body) -> Answered {
    let asked: Refresh = body.json()?;
    let tokens = refresh::refresh(&app, &asked.refresh_token).await?;
    Ok(write_tokens(&tokens))
}

/// `POST /auth/logout`
pub(crate) async fn log_out(app: Data<App>, body: Body) -> Answered {
    let asked: Refresh = body.json()?;
    log_out::log_out(&app, &asked.refresh_token).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn write_tokens(tokens: &Tokens) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in.num_seconds(),
        "refresh_token": tokens.refresh_token,
    }))
}
