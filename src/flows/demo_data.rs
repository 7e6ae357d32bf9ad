//! The demo organization, described and not saved: groups, made-up people, and events around the time it is made for.
//! `member01` to `member04` are signed up for nothing, so that a newcomer can begin.

use chrono::{Days, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Europe::Oslo;

use crate::domain::event::{EventDetails, PROMOTION_PAYTIME_DEFAULT, PaidInformation};
use crate::domain::money::{Currency, Money, Ore};
use crate::domain::time::Timestamp;

/// Everybody's password.
pub const DEMO_PASSWORD: &str = "demo";
/// The organization's name.
pub const DEMO_NAME: &str = "Studentforeningen Demo";

/// Everything the demo begins with.
#[derive(Clone, Debug)]
pub struct DemoOrganization {
    /// The groups.
    pub groups: Vec<DemoGroup>,
    /// The people.
    pub users: Vec<DemoUser>,
    /// Who is in which group.
    pub memberships: Vec<DemoMembership>,
    /// Who holds which role, everywhere.
    pub grants: Vec<DemoGrant>,
    /// The events.
    pub events: Vec<DemoEvent>,
}

/// A group.
#[derive(Clone, Copy, Debug)]
pub struct DemoGroup {
    /// Its slug.
    pub slug: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `board`, `committee`, `year`, `interest` or `other`.
    pub kind: &'static str,
    /// True when its members may manage its events.
    pub members_may_manage: bool,
}

/// A person.
#[derive(Clone, Debug)]
pub struct DemoUser {
    /// The address.
    pub email: String,
    /// The first name.
    pub first_name: &'static str,
    /// The last name.
    pub last_name: &'static str,
    /// The language, `nb` or `en`.
    pub locale: &'static str,
}

/// A place in a group.
#[derive(Clone, Debug)]
pub struct DemoMembership {
    /// The group's slug.
    pub group: &'static str,
    /// Who.
    pub email: String,
    /// `member` or `leader`.
    pub role: &'static str,
}

/// A role held everywhere.
#[derive(Clone, Copy, Debug)]
pub struct DemoGrant {
    /// Who.
    pub email: &'static str,
    /// `admin`, `treasurer` or `organizer`.
    pub role: &'static str,
}

/// An event, and who signed up for it, in order.
#[derive(Clone, Debug)]
pub struct DemoEvent {
    /// What the organizers decided.
    pub details: EventDetails,
    /// Who signed up.
    pub sign_ups: Vec<DemoSignUp>,
}

/// One sign-up.
#[derive(Clone, Debug)]
pub struct DemoSignUp {
    /// Who.
    pub email: String,
    /// What became of it.
    pub outcome: DemoOutcome,
}

/// What became of a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DemoOutcome {
    /// Signed up like anybody: a seat when there is room, with an order when it costs something; else in line.
    SignedUp,
    /// Has a seat that was settled outside the provider.
    PaidOutside,
    /// Had a seat and came.
    Attended,
}

/// The demo organization at `now`.
pub fn organization(now: Timestamp) -> DemoOrganization {
    DemoOrganization {
        groups: GROUPS.to_vec(),
        users: users(),
        memberships: memberships(),
        grants: GRANTS.to_vec(),
        events: events(now),
    }
}

const GROUPS: [DemoGroup; 8] = [
    group("hs", "Hovedstyret", "board", true),
    group("sosialen", "Sosialkomiteen", "committee", false),
    group("bedkom", "Bedriftskomiteen", "committee", true),
    group("okonomi", "Økonomikomiteen", "committee", false),
    group("fjellgruppa", "Fjellgruppa", "interest", true),
    group("forste", "Første klasse", "year", false),
    group("andre", "Andre klasse", "year", false),
    group("tredje", "Tredje klasse", "year", false),
];

const fn group(slug: &'static str, name: &'static str, kind: &'static str, members_may_manage: bool) -> DemoGroup {
    DemoGroup { slug, name, kind, members_may_manage }
}

const GRANTS: [DemoGrant; 3] = [
    DemoGrant { email: "admin@demo.plass", role: "admin" },
    DemoGrant { email: "treasurer@demo.plass", role: "treasurer" },
    DemoGrant { email: "organizer@demo.plass", role: "organizer" },
];

const OFFICERS: [(&str, &str, &str); 3] = [
    ("admin@demo.plass", "Astrid", "Lunde"),
    ("treasurer@demo.plass", "Torbjørn", "Eide"),
    ("organizer@demo.plass", "Oda", "Ravndal"),
];

const MEMBERS: [(&str, &str); 40] = [
    ("Ida", "Nygård"),
    ("Magnus", "Solheim"),
    ("Nora", "Berge"),
    ("Henrik", "Aasen"),
    ("Ingrid", "Moen"),
    ("Jonas", "Haugland"),
    ("Sofie", "Dahl"),
    ("Emil", "Strand"),
    ("Thea", "Bakken"),
    ("Sander", "Lien"),
    ("Maja", "Holm"),
    ("Elias", "Sæther"),
    ("Hedda", "Myhre"),
    ("Aksel", "Tveit"),
    ("Amalie", "Fosse"),
    ("Oskar", "Rønning"),
    ("Frida", "Hovland"),
    ("Mathias", "Gundersen"),
    ("Live", "Skogen"),
    ("Tobias", "Vik"),
    ("Ella", "Bråthen"),
    ("Kasper", "Nilsen"),
    ("Selma", "Øverland"),
    ("Sigurd", "Hagen"),
    ("Tuva", "Kleven"),
    ("Johannes", "Sunde"),
    ("Amina", "Warsame"),
    ("Even", "Brekke"),
    ("Sunniva", "Åmodt"),
    ("Isak", "Helgesen"),
    ("Máret", "Somby"),
    ("Adrian", "Kvam"),
    ("Vilde", "Torgersen"),
    ("Yusuf", "Khan"),
    ("Ragnhild", "Fjeld"),
    ("Herman", "Grønli"),
    ("Linnea", "Sand"),
    ("Brage", "Hegge"),
    ("Eira", "Natvig"),
    ("Lucas", "Pedersen"),
];

/// The address of the member with this number.
fn member(number: usize) -> String {
    format!("member{number:02}@demo.plass")
}

fn users() -> Vec<DemoUser> {
    let officers = OFFICERS.into_iter().map(|(email, first_name, last_name)| (email.to_owned(), first_name, last_name));
    let members = MEMBERS.into_iter().enumerate().map(|(place, (first, last))| (member(place + 1), first, last));
    officers
        .chain(members)
        .map(|(email, first_name, last_name)| DemoUser { email, first_name, last_name, locale: "nb" })
        .collect()
}

fn memberships() -> Vec<DemoMembership> {
    let place = |group, email: String, role| DemoMembership { group, email, role };
    let mut all: Vec<DemoMembership> =
        OFFICERS.into_iter().map(|(email, ..)| place("hs", email.to_owned(), "member")).collect();
    if let Some(chair) = all.first_mut() {
        chair.role = "leader";
    }
    for (group, leader, last) in [("sosialen", 5, 9), ("bedkom", 10, 14), ("okonomi", 15, 17), ("fjellgruppa", 18, 26)]
    {
        all.extend((leader..=last).map(|n| place(group, member(n), if n == leader { "leader" } else { "member" })));
    }
    for number in 1..=MEMBERS.len() {
        let year = match number % 3 {
            1 => "forste",
            2 => "andre",
            _ => "tredje",
        };
        all.push(place(year, member(number), "member"));
    }
    all
}

fn signed_up(numbers: std::ops::RangeInclusive<usize>, outcome: DemoOutcome) -> Vec<DemoSignUp> {
    numbers.map(|number| DemoSignUp { email: member(number), outcome }).collect()
}

/// An event that nobody has decided much about: no limit, open, free.
fn plain(title: &str, organizer: &str, starts: Timestamp, hours: i64) -> EventDetails {
    EventDetails {
        title: title.to_owned(),
        description: String::new(),
        location: String::new(),
        start_date: starts,
        end_date: starts + TimeDelta::hours(hours),
        organizer: organizer.to_owned(),
        limit: 0,
        sign_up: true,
        closed: false,
        start_registration_at: None,
        end_registration_at: None,
        sign_off_deadline: None,
        refund_on_sign_off: false,
        paid_information: None,
        cancellation: None,
    }
}

fn costs(kroner: i64, paytime: TimeDelta) -> Option<PaidInformation> {
    let price = Money { amount: Ore(kroner * 100), currency: Currency::Nok };
    Some(PaidInformation { price, paytime, promotion_paytime: PROMOTION_PAYTIME_DEFAULT, sales_unit: None })
}

/// Some days from `now`, at a full hour on the wall clock.
fn on_day(now: Timestamp, days: i64, hour: u32) -> Timestamp {
    let far = Days::new(days.unsigned_abs());
    let today = now.with_timezone(&Oslo).date_naive();
    let day = if days < 0 { today.checked_sub_days(far) } else { today.checked_add_days(far) };
    let time = NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    let local = Oslo.from_local_datetime(&day.unwrap_or(today).and_time(time)).earliest();
    // No full hour between noon and midnight is skipped by summer time; should one be, a span does as well.
    local.map_or(now + TimeDelta::days(days), |local| local.to_utc())
}

fn events(now: Timestamp) -> Vec<DemoEvent> {
    vec![over(now), free(now), paid_and_open(now), paid_and_full(now), not_open_yet(now)]
}

fn over(now: Timestamp) -> DemoEvent {
    let details = EventDetails {
        description: "Grilling, volleyball og bading. Takk til alle som kom!".to_owned(),
        location: "Huk".to_owned(),
        ..plain("Semesterstart", "hs", on_day(now, -14, 16), 5)
    };
    DemoEvent { details, sign_ups: signed_up(11..=30, DemoOutcome::Attended) }
}

fn free(now: Timestamp) -> DemoEvent {
    let starts = on_day(now, 5, 18);
    let details = EventDetails {
        description: "Vi lærer av hverandre: fem korte foredrag, pizza etterpå.".to_owned(),
        location: "Auditorium 2".to_owned(),
        limit: 60,
        sign_off_deadline: Some(starts - TimeDelta::hours(24)),
        ..plain("Fagkveld med pizza", "bedkom", starts, 3)
    };
    DemoEvent { details, sign_ups: signed_up(5..=16, DemoOutcome::SignedUp) }
}

fn paid_and_open(now: Timestamp) -> DemoEvent {
    let starts = on_day(now, 12, 18);
    let details = EventDetails {
        description: "Tre retter, taler og dans. Antrekk: mørk dress eller tilsvarende.".to_owned(),
        location: "Festsalen".to_owned(),
        limit: 50,
        end_registration_at: Some(starts - TimeDelta::days(2)),
        sign_off_deadline: Some(starts - TimeDelta::days(2)),
        refund_on_sign_off: true,
        paid_information: costs(250, TimeDelta::hours(2)),
        ..plain("Julebord", "sosialen", starts, 8)
    };
    DemoEvent { details, sign_ups: signed_up(20..=31, DemoOutcome::PaidOutside) }
}

fn paid_and_full(now: Timestamp) -> DemoEvent {
    let starts = on_day(now, 20, 15);
    let details = EventDetails {
        description: "Buss til fjells, to netter på hytte. Ti plasser, og de går fort.".to_owned(),
        location: "Skeikampen".to_owned(),
        limit: 10,
        sign_off_deadline: Some(starts - TimeDelta::days(7)),
        paid_information: costs(1_200, TimeDelta::hours(2)),
        ..plain("Hyttetur", "fjellgruppa", starts, 48)
    };
    let mut sign_ups = signed_up(18..=26, DemoOutcome::PaidOutside);
    // The tenth seat is not paid yet: move the clock past its deadline, and the first in line gets it.
    sign_ups.extend(signed_up(27..=27, DemoOutcome::SignedUp));
    sign_ups.extend(signed_up(32..=36, DemoOutcome::SignedUp));
    DemoEvent { details, sign_ups }
}

fn not_open_yet(now: Timestamp) -> DemoEvent {
    let starts = on_day(now, 40, 19);
    let details = EventDetails {
        description: "Årets konsert med foreningens eget storband.".to_owned(),
        location: "Kjelleren".to_owned(),
        limit: 120,
        start_registration_at: Some(on_day(now, 3, 12)),
        paid_information: costs(150, TimeDelta::hours(24)),
        ..plain("Vinterkonsert", "sosialen", starts, 4)
    };
    DemoEvent { details, sign_ups: Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::time::at_millis;

    /// A winter evening, a summer noon, and the night the clocks change.
    fn moments() -> impl Iterator<Item = Timestamp> {
        ["2026-12-01T19:30:00Z", "2026-07-01T10:00:00Z", "2027-03-28T00:30:00Z"]
            .into_iter()
            .map(|text| text.parse::<Timestamp>().unwrap())
            .chain([at_millis(1_800_000_000_123)])
    }

    #[test]
    fn every_event_is_one_that_an_organizer_could_make() {
        for now in moments() {
            for event in organization(now).events {
                assert_eq!(event.details.errors(), [], "{}", event.details.title);
            }
        }
    }

    #[test]
    fn the_events_show_what_can_happen() {
        for now in moments() {
            let events = organization(now).events;
            let [over, free, open, full, later] = events.as_slice() else { panic!("five events") };
            assert!(over.details.end_date < now);
            assert!(free.details.paid_information.is_none() && free.details.start_date > now);
            let (seats, signed_up) = (open.details.limit, i64::try_from(open.sign_ups.len()).unwrap());
            assert!(
                open.details.paid_information.is_some()
                    && signed_up < seats
                    && open.details.registration_ends_at() > now
            );
            let (seats, signed_up) = (full.details.limit, i64::try_from(full.sign_ups.len()).unwrap());
            assert!(full.details.paid_information.is_some() && signed_up > seats);
            assert!(later.details.start_registration_at.is_some_and(|opens| opens > now));
        }
    }

    #[test]
    fn everybody_named_exists_once() {
        let demo = organization(at_millis(1_800_000_000_000));
        let emails: BTreeSet<&str> = demo.users.iter().map(|user| user.email.as_str()).collect();
        let slugs: BTreeSet<&str> = demo.groups.iter().map(|group| group.slug).collect();
        assert_eq!((emails.len(), slugs.len()), (43, 8));
        assert_eq!(demo.users.len(), 43);
        let mut places = BTreeSet::new();
        for one in &demo.memberships {
            assert!(emails.contains(one.email.as_str()) && slugs.contains(one.group));
            assert!(places.insert((one.group, &one.email)), "{} twice in {}", one.email, one.group);
        }
        assert!(demo.grants.iter().all(|grant| emails.contains(grant.email)));
        for event in &demo.events {
            assert!(slugs.contains(event.details.organizer.as_str()));
            let signed_up: BTreeSet<&str> = event.sign_ups.iter().map(|one| one.email.as_str()).collect();
            assert!(signed_up.len() == event.sign_ups.len() && signed_up.is_subset(&emails));
            assert!(!(1..=4).any(|number| signed_up.contains(member(number).as_str())));
        }
    }
}
