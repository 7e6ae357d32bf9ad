//! Whoever is signed in: what is known about him, and what he may do.

pub(crate) mod stream;

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::users::{ProfileFields, UserAnswer};
use crate::domain::ids::UserId;
use crate::domain::permission::{Membership, Permission, Standing};
use crate::domain::user::User;
use crate::flows::app::App;
use crate::flows::change_password::{self, NewPassword};
use crate::flows::edit_profile::edit_own_profile;
use crate::flows::see_people::see_user;
use crate::http::body::Body;
use crate::http::extract::{Actor, ClientAddress};
use crate::http::values::Stamp;
use crate::http::words::{MemberRoleWord, PermissionWord};
use crate::http::{Answered, written};

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPassword)]
pub(crate) struct Change {
    /// The password in force.
    current: String,
    /// The one to come.
    #[schema(min_length = 10, max_length = 200)]
    new: String,
}

/// Whoever is signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeAnswer<'m> {
    /// The id.
    #[schema(value_type = uuid::Uuid)]
    user_id: UserId,
    /// The address to sign in with.
    email: &'m str,
    /// The first name.
    first_name: &'m str,
    /// The last name.
    last_name: &'m str,
    /// The telephone number.
    #[schema(required)]
    phone: Option<&'m str>,
    /// The language of letters and pages, like `nb` or `en-GB`.
    locale: &'m str,
    /// What a sign-up says about photos unless it says otherwise.
    allow_photo_by_default: bool,
    /// When the user was made.
    created_at: Stamp,
    /// When the user changed last.
    updated_at: Stamp,
    /// The groups that one belongs to.
    groups: Vec<Belonging<'m>>,
    /// What one may do everywhere.
    #[schema(value_type = Vec<PermissionWord>)]
    permissions: Vec<Permission>,
}

/// A place in a group.
#[derive(Serialize, ToSchema)]
pub(crate) struct Belonging<'m> {
    /// The group.
    slug: &'m str,
    /// As what.
    #[schema(value_type = MemberRoleWord)]
    role: &'static str,
    /// What one may do for the group's events.
    #[schema(value_type = Vec<PermissionWord>)]
    permissions: Vec<Permission>,
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

impl<'m> Belonging<'m> {
    fn of(place: &'m Membership, standing: &Standing) -> Self {
        Self { slug: &place.group, role: place.role.word(), permissions: standing.permissions_for_group(&place.group) }
    }
}

fn write_me(user: &User, standing: &Standing) -> Value {
    let UserAnswer {
        user_id,
        email,
        first_name,
        last_name,
        phone,
        locale,
        allow_photo_by_default,
        created_at,
        updated_at,
    } = user.into();
    written(&MeAnswer {
        user_id,
        email,
        first_name,
        last_name,
        phone,
        locale,
        allow_photo_by_default,
        created_at,
        updated_at,
        groups: standing.memberships.iter().map(|place| Belonging::of(place, standing)).collect(),
        permissions: standing.permissions_everywhere(),
    })
}
