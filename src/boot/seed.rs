//! Fills an empty house with the demo organization. Started again after a kill it goes on where it was.

use std::collections::HashMap;

use chrono::TimeDelta;

use super::{App, BootError};
use crate::domain::event::{Event, Occupancy};
use crate::domain::grant::Grantee;
use crate::domain::group::{Group, GroupKind, MemberRole};
use crate::domain::ids::{EventId, UserId};
use crate::domain::permission::{Role, Scope};
use crate::domain::user::Profile;
use crate::flows::add_user::save_new_user;
use crate::flows::demo_data::{DEMO_PASSWORD, DemoEvent, DemoOrganization, DemoOutcome, DemoSignUp, organization};
use crate::flows::give_role::{NewGrant, save_grant};
use crate::flows::mark_registration::{Marks, mark_registration};
use crate::flows::sign_up::{SignUp, sign_up};
use crate::store::{Stop, StoreError, Tx};

/// The duty that is done once everybody has signed up.
const DUTY: &str = "demo_sign_ups";

/// Fills the house with the demo organization, unless that was done.
pub async fn fill(app: &App) -> Result<(), BootError> {
    if app.store.read(|tx| Ok(tx.duty_due_at(DUTY)?)).await?.is_some_and(|due| due > app.clock.now().timestamp_millis())
    {
        return Ok(());
    }
    let demo = organization(app.clock.now());
    let hash = app.passwords.hash_password(DEMO_PASSWORD).await?;
    let described = demo.clone();
    let fresh = app
        .store
        .change(move |tx| {
            if !tx.users(None, 1)?.is_empty() {
                return Ok(false);
            }
            save(tx, &described, &hash)?;
            Ok(true)
        })
        .await?;
    tracing::info!(fresh, "the demo organization is there");
    for event in &demo.events {
        sign_everybody_up(app, event).await?;
    }
    app.store
        .change(|tx| {
            let never_again = tx.now() + TimeDelta::days(36_500);
            if let Some(claim) = tx.claim_duty(DUTY, TimeDelta::zero())? {
                tx.finish_duty(claim, never_again)?;
            }
            Ok(())
        })
        .await?;
    Ok(())
}

fn save(tx: &mut Tx<'_>, demo: &DemoOrganization, hash: &str) -> Result<(), Stop> {
    let now = tx.now();
    let impossible = |word: &str| StoreError::Corrupt(format!("the demo knows no {word}"));
    for group in &demo.groups {
        let kind = GroupKind::from_word(group.kind).ok_or_else(|| impossible(group.kind))?;
        tx.insert_group(&Group {
            slug: group.slug.to_owned(),
            name: group.name.to_owned(),
            kind,
            members_may_manage: group.members_may_manage,
            created_at: now,
            updated_at: now,
        })?;
    }
    let mut ids: HashMap<&str, UserId> = HashMap::new();
    for user in &demo.users {
        let profile = Profile {
            email: user.email.clone(),
            first_name: user.first_name.to_owned(),
            last_name: user.last_name.to_owned(),
            phone: None,
            locale: user.locale.to_owned(),
            allow_photo_by_default: true,
        };
        ids.insert(&user.email, save_new_user(tx, profile, Some(hash.to_owned()))?.id);
    }
    let id = |email: &str| ids.get(email).copied().ok_or_else(|| impossible(email));
    for place in &demo.memberships {
        let role = MemberRole::from_word(place.role).ok_or_else(|| impossible(place.role))?;
        tx.put_member(place.group, id(&place.email)?, role)?;
    }
    for grant in &demo.grants {
        let role = Role::from_word(grant.role).ok_or_else(|| impossible(grant.role))?;
        let new = NewGrant { role, to: Grantee::User(id(grant.email)?), scope: Scope::Everywhere };
        save_grant(tx, new, |_grant| Ok(()))?;
    }
    for event in &demo.events {
        tx.insert_event(&Event {
            id: EventId(tx.clock().id()),
            details: event.details.clone(),
            turn: 0,
            occupancy: Occupancy { next_queue_no: 1, ..Occupancy::default() },
            created_at: now,
            updated_at: now,
        })?;
    }
    Ok(())
}

async fn sign_everybody_up(app: &App, event: &DemoEvent) -> Result<(), BootError> {
    let title = event.details.title.clone();
    let emails: Vec<String> = event.sign_ups.iter().map(|one| one.email.clone()).collect();
    let (id, organizer, users) = app
        .store
        .read(move |tx| {
            let filter = crate::store::events::EventFilter::default();
            let id =
                tx.events(&filter, None, 100)?.into_iter().find(|found| found.details.title == title).map(|e| e.id);
            let organizer = tx.user_by_email("organizer@demo.plass")?.map(|known| known.user.id);
            let mut users = Vec::new();
            for email in emails {
                users.push(tx.user_by_email(&email)?.map(|known| known.user.id));
            }
            Ok((id, organizer, users))
        })
        .await?;
    let (Some(id), Some(organizer)) = (id, organizer) else { return Ok(()) };
    for (one, user) in event.sign_ups.iter().zip(users) {
        if let Some(user) = user {
            sign_one_up(app, id, organizer, user, one).await?;
        }
    }
    Ok(())
}

async fn sign_one_up(
    app: &App,
    event: EventId,
    organizer: UserId,
    user: UserId,
    one: &DemoSignUp,
) -> Result<(), BootError> {
    let (asked_by, paid_outside) = match one.outcome {
        DemoOutcome::SignedUp => (user, None),
        DemoOutcome::PaidOutside => (organizer, Some("paid in cash at the office".to_owned())),
        DemoOutcome::Attended => (organizer, None),
    };
    let wish = SignUp { event, user, allow_photo: None, asked_by, paid_outside };
    match sign_up(app, wish, None, std::sync::Arc::new(|_view, _now| serde_json::Value::Null)).await {
        // Signed up before the demo was stopped; or the demo's event is over by now.
        Ok(_) | Err(Stop::Refused(_)) => {}
        Err(stop) => return Err(stop.into()),
    }
    if one.outcome == DemoOutcome::Attended {
        let marks = Marks { has_attended: Some(true), allow_photo: None };
        mark_registration(app, event, user, marks).await?;
    }
    Ok(())
}
