//! Signing in, staying in and leaving. Idempotency keys mean nothing here: tokens are never handed out twice.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::flows::app::App;
use crate::flows::tokens::Tokens;
use crate::flows::{log_in, log_out, refresh};
use crate::http::Answered;
use crate::http::body::Body;
use crate::http::extract::ClientAddress;
use crate::http::words::TokenTypeWord;

/// Who one is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogIn {
    /// The address; case and spaces around it do not matter.
    email: String,
    /// The password.
    password: String,
}

/// The token that keeps a login alive.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    /// The newest refresh token of the login.
    refresh_token: String,
}

/// What a login hands out.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensAnswer<'t> {
    /// Goes into `Authorization: Bearer …`.
    access_token: &'t str,
    /// Always `Bearer`.
    #[schema(value_type = TokenTypeWord)]
    token_type: &'static str,
    /// For how many seconds the access token is good.
    #[schema(minimum = 1)]
    expires_in: i64,
    /// Gets the next pair, once.
    refresh_token: &'t str,
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
    HttpResponse::Ok().json(TokensAnswer {
        access_token: &tokens.access_token,
        token_type: "Bearer",
        expires_in: tokens.expires_in.num_seconds(),
        refresh_token: &tokens.refresh_token,
    })
}
