//! What goes or went to a payment provider, as people are told of it: one effect each, and where it stands.

use super::attempt::AttemptState;
use super::effect::EffectKind;
use super::ids::{EffectId, EventId, OrderId, SalesUnitId};
use super::money::{Currency, Ore};
use super::sales_unit::Provider;
use super::time::Timestamp;

/// One thing that goes or went to a payment provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The effect's id.
    pub id: EffectId,
    /// What is done.
    pub kind: EffectKind,
    /// Where it stands.
    pub state: OperationState,
    /// How much it is about; empty for the end of a payment that nobody approved.
    pub amount: Option<Ore>,
    /// The currency of the order.
    pub currency: Currency,
    /// For which order.
    pub order: OrderId,
    /// Of which event.
    pub event: EventId,
    /// What the event is called.
    pub event_title: String,
    /// The group that organizes it.
    pub organizer: String,
    /// The sales unit.
    pub sales_unit: SalesUnitId,
    /// With whom.
    pub provider: Provider,
    /// The payment's name at the provider.
    pub reference: String,
    /// Where that payment stands by now.
    pub attempt: AttemptState,
    /// True when no money is real.
    pub test_mode: bool,
    /// When it was first wanted.
    pub wanted_at: Timestamp,
    /// How many calls were made; empty for what is from before anybody counted.
    pub tries: Option<i64>,
    /// When it is tried next; empty when it will not be.
    pub next_try_at: Option<Timestamp>,
    /// When it ended, or was put aside for a person.
    pub ended_at: Option<Timestamp>,
}

/// The kinds of effects that go to a provider.
pub const KINDS: [EffectKind; 5] =
    [EffectKind::Create, EffectKind::Close, EffectKind::Capture, EffectKind::Release, EffectKind::Refund];

/// The kind with this word, if it goes to a provider.
pub fn kind_from_word(word: &str) -> Option<EffectKind> {
    KINDS.into_iter().find(|kind| kind.word() == word)
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationState {
    /// It is certainly not done, and goes out when its time comes.
    Waiting,
    /// It went out, or is just going out, and no answer is known: it may have been done.
    Unanswered,
    /// The provider said yes.
    Done,
    /// The provider said no.
    Refused,
    /// Nobody tries it any more: it was withdrawn, or things had turned out otherwise, or a person settled it.
    GivenUp,
}

impl OperationState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Unanswered, Self::Done, Self::Refused, Self::GivenUp];

    /// The word in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Unanswered => "unanswered",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
        }
    }

    /// The state with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// How an effect ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The provider said yes.
    Done,
    /// It went out once and no answer came; it is not repeated.
    Unanswered,
    /// The provider said no.
    Refused,
    /// Nobody tries it any more.
    GivenUp,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Done, Self::Unanswered, Self::Refused, Self::GivenUp];

    /// Where an effect stands that ended so.
    pub fn state(self) -> OperationState {
        match self {
            Self::Done => OperationState::Done,
            Self::Unanswered => OperationState::Unanswered,
            Self::Refused => OperationState::Refused,
            Self::GivenUp => OperationState::GivenUp,
        }
    }
}

/// How a create ended that is not sent any more, by where its payment stands. What the provider has was made by an earlier
/// call, whose answer was lost and which a look found.
pub fn ending_of_create(state: AttemptState) -> Ending {
    use super::attempt::End;
    match state {
        AttemptState::Open | AttemptState::Authorized | AttemptState::Settled => Ending::Done,
        AttemptState::Dead(End::Aborted | End::Expired | End::Terminated | End::Failed) => Ending::Done,
        AttemptState::Planned | AttemptState::Sent | AttemptState::Dead(End::Abandoned) => Ending::GivenUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_again() {
        for state in OperationState::ALL {
            assert_eq!(OperationState::from_word(state.word()), Some(state));
        }
        for ending in Ending::ALL {
            assert!(OperationState::ALL.contains(&ending.state()));
        }
        assert_eq!(kind_from_word("letter"), None);
        assert_eq!(kind_from_word("capture"), Some(EffectKind::Capture));
    }

    #[test]
    fn a_create_that_the_provider_has_was_done() {
        for state in AttemptState::ALL {
            let is_there = !matches!(state.word(), "planned" | "sent" | "abandoned");
            assert_eq!(ending_of_create(state) == Ending::Done, is_there, "{}", state.word());
        }
    }
}
