//! Users, for those who manage them. For everybody else there are no others.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::ids::UserId;
use crate::domain::patch::Patch;
use crate::domain::permission::Permission;
use crate::domain::user::{LOCALE_DEFAULT, Profile, User};
use crate::flows::add_user::{NewUser, add_user};
use crate::flows::app::App;
use crate::flows::edit_profile::{ProfilePatch, edit_user};
use crate::flows::invite_user::invite_user;
use crate::flows::see_people::{see_user, see_users};
use crate::http::body::Body;
use crate::http::error::ApiError;
use crate::http::extract::Actor;
use crate::http::page::Page;
use crate::http::{Answered, write_answer, write_time};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    email: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    password: Option<String>,
}

/// What one may change about oneself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileFields {
    #[serde(default)]
    first_name: Patch<String>,
    #[serde(default)]
    last_name: Patch<String>,
    #[serde(default)]
    phone: Patch<String>,
    #[serde(default)]
    locale: Patch<String>,
    #[serde(default)]
    allow_photo_by_default: Patch<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFields {
    #[serde(default)]
    email: Patch<String>,
    #[serde(default)]
    first_name: Patch<String>,
    #[serde(default)]
    last_name: Patch<String>,
    #[serde(default)]
    phone: Patch<String>,
    #[serde(default)]
    locale: Patch<String>,
    #[serde(default)]
    allow_photo_by_default: Patch<bool>,
}

impl From<ProfileFields> for ProfilePatch {
    fn from(fields: ProfileFields) -> Self {
        let ProfileFields { first_name, last_name, phone, locale, allow_photo_by_default } = fields;
        Self { email: Patch::Absent, first_name, last_name, phone, locale, allow_photo_by_default }
    }
}

impl From<UserFields> for ProfilePatch {
    fn from(fields: UserFields) -> Self {
        let UserFields { email, first_name, last_name, phone, locale, allow_photo_by_default } = fields;
        Self { email, first_name, last_name, phone, locale, allow_photo_by_default }
    }
}

/// `GET /users`
pub(crate) async fn list(app: Data<App>, actor: Actor, page: Page) -> Answered {
    let users = see_users(&app, actor.standing(), page.after()?, page.fetch()).await?;
    Ok(page.answer(users, write_user, |user| user.id))
}

/// `POST /users`
pub(crate) async fn add(app: Data<App>, actor: Actor, body: Body) -> Answered {
    actor.needs_everywhere(Permission::UsersManage)?;
    let New { email, first_name, last_name, phone, password } = body.json()?;
    let profile = Profile {
        email,
        first_name,
        last_name,
        phone,
        locale: LOCALE_DEFAULT.to_owned(),
        allow_photo_by_default: true,
    };
    let reply = body.reply(&actor, 201, write_user)?;
    write_answer(add_user(&app, actor.standing(), NewUser { profile, password }, reply).await?)
}

/// `GET /users/{user_id}`
pub(crate) async fn show(app: Data<App>, actor: Actor, user: Path<UserId>) -> Answered {
    let user = see_user(&app, actor.standing(), user.into_inner()).await?;
    Ok(HttpResponse::Ok().json(write_user(&user)))
}

/// `PATCH /users/{user_id}`
pub(crate) async fn edit(app: Data<App>, actor: Actor, user: Path<UserId>, body: Body) -> Answered {
    let user = user.into_inner();
    may_manage(&app, &actor, user).await?;
    let fields: UserFields = body.json()?;
    let user = edit_user(&app, actor.standing(), user, fields.into()).await?;
    Ok(HttpResponse::Ok().json(write_user(&user)))
}

/// `POST /users/{user_id}/invite`
pub(crate) async fn invite(app: Data<App>, actor: Actor, user: Path<UserId>, body: Body) -> Answered {
    let user = user.into_inner();
    may_manage(&app, &actor, user).await?;
    body.json::<super::Nothing>()?;
    let invitation = invite_user(&app, actor.standing(), user).await?;
    let expires_at = write_time(invitation.expires_at);
    Ok(HttpResponse::Ok().json(json!({ "link": invitation.link, "expires_at": expires_at })))
}

/// Says no before anything is said about the body: 404 to whoever may not see the user, 403 to whoever may only see.
async fn may_manage(app: &App, actor: &Actor, user: UserId) -> Result<(), ApiError> {
    see_user(app, actor.standing(), user).await?;
    Ok(actor.needs_everywhere(Permission::UsersManage)?)
}

/// A user as the API writes it.
pub(crate) fn write_user(user: &User) -> Value {
    let profile = &user.profile;
    json!({
        "user_id": user.id,
        "email": profile.email,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "phone": profile.phone,
        "locale": profile.locale,
        "allow_photo_by_default": profile.allow_photo_by_default,
        "created_at": write_time(user.created_at),
        "updated_at": write_time(user.updated_at),
    })
}
