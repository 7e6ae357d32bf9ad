//! One person's place at one event: waiting, awaiting payment, confirmed, or ended. Nothing here knows about money.

use serde::{Deserialize, Serialize};

use super::ids::{EventId, RegistrationId, UserId};
use super::time::Timestamp;

/// One person's place at one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Its id.
    pub id: RegistrationId,
    /// Where.
    pub event_id: EventId,
    /// Who.
    pub user_id: UserId,
    /// Where it stands.
    pub status: Status,
    /// When the status was reached: seats are listed by it.
    pub status_since: Timestamp,
    /// True when pictures may be taken.
    pub allow_photo: bool,
    /// True when the person was there.
    pub has_attended: bool,
    /// True when an organizer signed the person up.
    pub created_by_admin: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Where a registration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for a seat. The person can leave at any time.
    Waitlisted {
        /// The number drawn under the event's turn; smaller is earlier.
        queue_no: i64,
    },
    /// Holds a seat that is not paid. The person can pay, or leave.
    AwaitingPayment {
        /// Until when.
        payment_expiredate: Timestamp,
    },
    /// Has the seat. The person can come.
    Confirmed,
    /// Over. The person can sign up again: that is a new registration.
    Ended(EndedReason),
}

/// Why a registration ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedReason {
    /// The person gave up.
    Withdrawn,
    /// The deadline passed.
    Unpaid,
    /// An organizer removed the person.
    Removed,
    /// The event was cancelled.
    EventCancelled,
}

impl Status {
    /// True while it takes one of the event's seats.
    pub fn holds_seat(&self) -> bool {
        match self {
            Self::AwaitingPayment { .. } | Self::Confirmed => true,
            Self::Waitlisted { .. } | Self::Ended(_) => false,
        }
    }

    /// True while it waits for a seat.
    pub fn is_waiting(&self) -> bool {
        matches!(self, Self::Waitlisted { .. })
    }

    /// True until it has ended.
    pub fn is_active(&self) -> bool {
        !matches!(self, Self::Ended(_))
    }

    /// The API's word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waitlisted { .. } => "waitlisted",
            Self::AwaitingPayment { .. } => "awaiting_payment",
            Self::Confirmed => "confirmed",
            Self::Ended(_) => "ended",
        }
    }
}

impl EndedReason {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Withdrawn, Self::Unpaid, Self::Removed, Self::EventCancelled];

    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Unpaid => "unpaid",
            Self::Removed => "removed",
            Self::EventCancelled => "event_cancelled",
        }
    }
}
