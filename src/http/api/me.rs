//! Whoever is signed in: what is known about him, and what he may do.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::{Value, json};

use super::users::{ProfileFields, write_user};
use crate::domain::permission::Standing;
use crate::domain::user::User;
use crate::flows::app::App;
use crate::flows::change_password::{self, NewPassword};
use crate::flows::edit_profile::edit_own_profile;
use crate::flows::see_people::see_user;
use crate::http::Answered;
use crate::http::body::Body;
use crate::http::extract::{Actor, ClientAddress};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    current: String,
    new: String,
}

/// `GET /me`
pub(crate) async fn show(app: Data<App>, actor: Actor) -> Answered {
    let user = see_user(&app, actor.standing(), actor.user_id()).await?;
    Ok(HttpResponse::Ok().json(write_me(&user, actor.standing())))
}

/// `PATCH /me`
pub(crate) async fn edit(app: Data<App>, actor: Actor, body: Body) -> Answered {
    let fields: ProfileFields = body.json()?;
    let user = edit_own_profile(&app, actor.standing(), fields.into()).await?;
    Ok(HttpResponse::Ok().json(write_me(&user, actor.standing())))
}

/// `POST /me/password`
pub(crate) async fn change_password(app: Data<App>, actor: Actor, from: ClientAddress, body: Body) -> Answered {
    let Change { current, new } = body.json()?;
    change_password::change_password(&app, actor.caller(), from.0, NewPassword { current, new }).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn write_me(user: &User, standing: &Standing) -> Value {
    let mut me = write_user(user);
    let group = |place: &crate::domain::permission::Membership| {
        json!({
            "slug": place.group,
            "role": place.role.word(),
            "permissions": standing.permissions_for_group(&place.group),
        })
    };
    if let Some(fields) = me.as_object_mut() {
        fields.insert("groups".to_owned(), standing.memberships.iter().map(group).collect());
        fields.insert("permissions".to_owned(), json!(standing.permissions_everywhere()));
    }
    me
}
