//! The event as a calendar file, RFC 5545. The UID is the event's id and never changes; the SEQUENCE is the event's turn,
//! which grows with everything that happens to it, so that a newer file always replaces an older one. Times are UTC.

use super::{Facts, event_url};
use crate::domain::time::Timestamp;
use crate::mail::Attachment;
use crate::words::one_line;

/// What the file asks the reader's calendar to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Show the event.
    Publish,
    /// Show that it does not take place.
    Cancel,
}

impl Method {
    fn word(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Cancel => "CANCEL",
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Publish => "CONFIRMED",
            Self::Cancel => "CANCELLED",
        }
    }
}

/// A line holds at most so many octets, without its end; a folded one begins with a blank that counts.
const OCTETS_PER_LINE: usize = 75;

/// The largest number that an INTEGER may be.
const SEQUENCE_MAX: i64 = 2_147_483_647;

/// The file for a letter.
pub(super) fn file(facts: &Facts, method: Method) -> Attachment {
    let details = &facts.event.details;
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Plass//Plass//NO".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("METHOD:{}", method.word()),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", facts.event.id),
        format!("SEQUENCE:{}", facts.event.turn.clamp(0, SEQUENCE_MAX)),
        format!("DTSTAMP:{}", utc(facts.sent_at)),
        format!("DTSTART:{}", utc(details.start_date)),
        format!("DTEND:{}", utc(details.end_date)),
        format!("SUMMARY:{}", escaped(&details.title)),
    ];
    if !details.location.trim().is_empty() {
        lines.push(format!("LOCATION:{}", escaped(&details.location)));
    }
    // Some calendars show the one, some the other.
    let url = event_url(facts);
    lines.push(format!("DESCRIPTION:{}", escaped(&url)));
    lines.push(format!("URL:{}", one_line(&url)));
    // RFC 5546 wants an organizer in what is published.
    lines.push(organizer(facts));
    lines.push(format!("STATUS:{}", method.status()));
    lines.push("END:VEVENT".to_owned());
    lines.push("END:VCALENDAR".to_owned());
    let text: String = lines.iter().map(|line| folded(line)).collect();
    Attachment {
        name: "event.ics".to_owned(),
        content_type: format!("text/calendar; charset=utf-8; method={}", method.word()),
        content: text.into_bytes(),
    }
}

fn utc(at: Timestamp) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// TEXT: backslash, semicolon and comma are marked, and everything is on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in one_line(text).chars() {
        if matches!(c, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Who publishes: by the address that letters come from, or by the house's own.
fn organizer(facts: &Facts) -> String {
    // A quoted parameter has no quotes in it, and no way to mark one.
    let name = one_line(&facts.house.organization).replace('"', "'");
    let sender = one_line(&facts.house.sender);
    let address = match sender.rsplit_once('<') {
        Some((_name, address)) => address.trim_end_matches('>').trim(),
        None => sender.as_str(),
    };
    if address.contains('@') {
        format!("ORGANIZER;CN=\"{name}\":mailto:{address}")
    } else {
        format!("ORGANIZER;CN=\"{name}\":{}", one_line(&facts.house.public_url))
    }
}

/// The line, cut where it is too long, with its ends. No character is cut in two.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > OCTETS_PER_LINE {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(c);
        octets += c.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}
