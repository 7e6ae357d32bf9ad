//! Users, for those who manage them. For everybody else there are no others.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

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
use crate::http::values::Stamp;
use crate::http::{Answered, write_answer, written};

/// A user to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(crate) struct New {
    /// The address to sign in with.
    #[schema(format = "email", max_length = 254)]
    email: String,
    /// The first name.
    #[schema(min_length = 1, max_length = 100)]
    first_name: String,
    /// The last name.
    #[schema(min_length = 1, max_length = 100)]
    last_name: String,
    /// The telephone number: 4 to 20 digits, spaces, and an optional + in front.
    #[schema(max_length = 30, pattern = "^\\+?( *[0-9]){4,20} *$")]
    phone: Option<String>,
    /// The first password. Without one the user is invited to choose it.
    #[schema(min_length = 10, max_length = 200)]
    password: Option<String>,
}

/// What one may change about oneself; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfilePatch)]
pub(crate) struct ProfileFields {
    /// The first name.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    first_name: Patch<String>,
    /// The last name.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    last_name: Patch<String>,
    /// The telephone number: 4 to 20 digits, spaces, and an optional + in front.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 30, pattern = "^\\+?( *[0-9]){4,20} *$")]
    phone: Patch<String>,
    /// The language of letters and pages, like `nb` or `en-GB`.
    #[serde(default)]
    #[schema(value_type = String, required = false, pattern = "^[a-z]{2,3}(-[A-Z]{2})?$")]
    locale: Patch<String>,
    /// What a sign-up says about photos unless it says otherwise.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    allow_photo_by_default: Patch<bool>,
}

/// What changes about a user; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserPatch)]
pub(crate) struct UserFields {
    /// The address to sign in with.
    #[serde(default)]
    #[schema(value_type = String, required = false, format = "email", max_length = 254)]
    email: Patch<String>,
    /// The first name.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    first_name: Patch<String>,
    /// The last name.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    last_name: Patch<String>,
    /// The telephone number: 4 to 20 digits, spaces, and an optional + in front.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 30, pattern = "^\\+?( *[0-9]){4,20} *$")]
    phone: Patch<String>,
    /// The language of letters and pages, like `nb` or `en-GB`.
    #[serde(default)]
    #[schema(value_type = String, required = false, pattern = "^[a-z]{2,3}(-[A-Z]{2})?$")]
    locale: Patch<String>,
    /// What a sign-up says about photos unless it says otherwise.
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    allow_photo_by_default: Patch<bool>,
}

/// A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserAnswer<'u> {
    /// The id.
    #[schema(value_type = uuid::Uuid)]
    pub(super) user_id: UserId,
    /// The address to sign in with.
    pub(super) email: &'u str,
    /// The first name.
    pub(super) first_name: &'u str,
    /// The last name.
    pub(super) last_name: &'u str,
    /// The telephone number.
    #[schema(required)]
    pub(super) phone: Option<&'u str>,
    /// The language of letters and pages, like `nb` or `en-GB`.
    pub(super) locale: &'u str,
    /// What a sign-up says about photos unless it says otherwise.
    pub(super) allow_photo_by_default: bool,
    /// When it was made.
    pub(super) created_at: Stamp,
    /// When it changed last.
    pub(super) updated_at: Stamp,
}

/// A one-time link.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation<'i> {
    /// The link, to be handed to the user. It is shown this once.
    link: &'i str,
    /// Until when it is good.
    expires_at: Stamp,
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
    let expires_at = Stamp(invitation.expires_at);
    Ok(HttpResponse::Ok().json(Invitation { link: &invitation.link, expires_at }))
}

/// Says no before anything is said about the body: 404 to whoever may not see the user, 403 to whoever may only see.
async fn may_manage(app: &App, actor: &Actor, user: UserId) -> Result<(), ApiError> {
    see_user(app, actor.standing(), user).await?;
    Ok(actor.needs_everywhere(Permission::UsersManage)?)
}

impl<'u> From<&'u User> for UserAnswer<'u> {
    fn from(user: &'u User) -> Self {
        let profile = &user.profile;
        Self {
            user_id: user.id,
            email: &profile.email,
            first_name: &profile.first_name,
            last_name: &profile.last_name,
            phone: profile.phone.as_deref(),
            locale: &profile.locale,
            allow_photo_by_default: profile.allow_photo_by_default,
            created_at: Stamp(user.created_at),
            updated_at: Stamp(user.updated_at),
        }
    }
}

/// A user as the API writes it.
pub(crate) fn write_user(user: &User) -> Value {
    written(&UserAnswer::from(user))
}
