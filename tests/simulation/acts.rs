//! What can happen: people, organizers, the portal, the wire, time and death. An act names who and where by number, so
//! that it can be read, and done, also when acts before it were left out; what makes no sense then is a polite no.

use std::fmt;

use plass::sandbox::TestCard;

use crate::chance::Chance;
use crate::wire::Weather;

/// Who takes part.
pub(crate) const PEOPLE: [&str; 5] = ["ida", "ola", "kari", "per", "eva"];
/// At what.
pub(crate) const EVENTS: [&str; 2] = ["Julebord", "Hyttetur"];

/// Somebody at an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) who: usize,
    pub(crate) event: usize,
}

/// What becomes of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Post {
    Arrives,
    ArrivesTwice,
    IsLost,
}

/// Over which provider a history is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Epayment,
    Ecom,
    Askell,
}

impl Over {
    /// One history in four is over Vipps' older API, and one over Áskell.
    fn of(seed: u64) -> Self {
        match seed % 4 {
            0 => Self::Ecom,
            2 => Self::Askell,
            _ => Self::Epayment,
        }
    }
}

/// What somebody at Áskell does to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hand {
    /// The bank charges the card of a payment that is under way.
    Charges,
    /// The bank declines it.
    Declines,
    /// Somebody charges a card in the portal that was declined.
    ChargesInPortal,
    /// Somebody has it tried again in the portal.
    RetriesInPortal,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// The next thing that somebody does who wants to come: sign up, click, approve.
    GoOn(Place),
    SignUp(Place),
    SignOff(Place),
    Click(Place),
    Approve {
        who: usize,
        newest: bool,
    },
    Abort {
        who: usize,
    },
    /// A card is typed in on the page that somebody was last sent to.
    TypeIn {
        who: usize,
        card: TestCard,
    },
    /// Somebody wants to pay with another card.
    OtherCard(Place),
    AtAskell {
        at: Place,
        hand: Hand,
    },
    Return(Place),
    Limit {
        event: usize,
        seats: i64,
    },
    Terms {
        event: usize,
        price: i64,
        minutes: i64,
    },
    Remove {
        at: Place,
        refund: bool,
    },
    Add(Place),
    AddPaid(Place),
    MarkPaid(Place),
    Refund {
        at: Place,
        percent: i64,
    },
    Cancel {
        event: usize,
    },
    PortalRefund {
        at: Place,
        percent: i64,
    },
    PortalCancel(Place),
    Webhook {
        which: usize,
        post: Post,
    },
    Forged(Place),
    Lie(Place),
    Weather(Weather),
    Wait {
        seconds: i64,
    },
    /// Until shortly before or after the next deadline of an event.
    UntilDeadline {
        event: usize,
        seconds: i64,
    },
    Jump {
        seconds: i64,
    },
    Kill {
        away: i64,
    },
}

/// How much of the work that waits is done after an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// All of it.
    Rest,
    /// So many steps of whatever is under way or due.
    Steps(usize),
}

/// An act, how the house goes on after it, and the chance that is drawn from meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) act: Act,
    pub(crate) pace: Pace,
    pub(crate) salt: u64,
}

/// What seats cost. Whether a payment of 2.01 came through the provider does not know for an hour.
const PRICES: [i64; 5] = [10_000, 25_000, 33_333, 33_333, 201];
/// In Iceland they are whole krónur.
const PRICES_IN_ISK: [i64; 3] = [100_000, 250_000, 100];
/// The cards that people have.
pub(crate) const CARDS: [TestCard; 8] = [
    TestCard::Good,
    TestCard::Good,
    TestCard::Declined,
    TestCard::DeclinedOnce,
    TestCard::DeclinedOnce,
    TestCard::Declined,
    TestCard::Slow,
    TestCard::SecureFails,
];

/// What one event is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EventPlan {
    pub(crate) seats: i64,
    pub(crate) price: Option<i64>,
    pub(crate) paytime_minutes: i64,
    pub(crate) promotion_minutes: i64,
    pub(crate) hours_to_start: i64,
    pub(crate) refund_on_sign_off: bool,
}

/// A whole history before it happens.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) over: Over,
    pub(crate) events: Vec<EventPlan>,
    pub(crate) steps: Vec<Step>,
}

/// Kinds of acts and how often each is drawn; every seed has kinds it prefers and kinds it leaves out.
const WEIGHTS: [(Kind, u64); 25] = [
    (Kind::GoOn, 70),
    (Kind::SignUp, 8),
    (Kind::SignOff, 8),
    (Kind::Click, 8),
    (Kind::Approve, 6),
    (Kind::ApproveOld, 4),
    (Kind::Abort, 3),
    (Kind::Return, 5),
    (Kind::Limit, 3),
    (Kind::Terms, 1),
    (Kind::Remove, 4),
    (Kind::Add, 2),
    (Kind::AddPaid, 1),
    (Kind::MarkPaid, 2),
    (Kind::Refund, 7),
    (Kind::Cancel, 1),
    (Kind::PortalRefund, 1),
    (Kind::PortalCancel, 1),
    (Kind::Webhook, 10),
    (Kind::Forged, 2),
    (Kind::Weather, 10),
    (Kind::Wait, 16),
    (Kind::UntilDeadline, 6),
    (Kind::Jump, 2),
    (Kind::Kill, 6),
];

/// The kinds that a seed may do without.
const OPTIONAL: [Kind; 16] = [
    Kind::SignOff,
    Kind::ApproveOld,
    Kind::Abort,
    Kind::Return,
    Kind::Limit,
    Kind::Remove,
    Kind::AddPaid,
    Kind::MarkPaid,
    Kind::Cancel,
    Kind::PortalRefund,
    Kind::PortalCancel,
    Kind::Webhook,
    Kind::Weather,
    Kind::UntilDeadline,
    Kind::Jump,
    Kind::Kill,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Terms,
    GoOn,
    SignUp,
    SignOff,
    Click,
    Approve,
    ApproveOld,
    Abort,
    Return,
    Limit,
    Remove,
    Add,
    AddPaid,
    MarkPaid,
    Refund,
    Cancel,
    PortalRefund,
    PortalCancel,
    Webhook,
    Forged,
    Weather,
    Wait,
    UntilDeadline,
    Jump,
    Kill,
}

impl Plan {
    /// The history of a seed, `length` acts long.
    pub(crate) fn draw(seed: u64, length: usize) -> Self {
        let mut chance = Chance::new(seed);
        let over = Over::of(seed);
        let events = EVENTS.iter().map(|_| draw_event(&mut chance, over)).collect();
        let weights: Vec<(Kind, u64)> = WEIGHTS
            .iter()
            .map(|(kind, weight)| {
                let factor = match (OPTIONAL.contains(kind), over, kind) {
                    (_, Over::Askell, Kind::Weather) => chance.pick(&[0, 2, 2, 4]),
                    (true, ..) => chance.pick(&[0, 1, 1, 1, 3]),
                    // A card is typed in before it is charged: it takes more to get anywhere.
                    (false, Over::Askell, Kind::GoOn) => 2,
                    (false, ..) => 1,
                };
                (*kind, weight * factor)
            })
            .collect();
        let haste = chance.pick(&[20, 50, 50, 80]);
        let crowd = Crowd { people: 1 + chance.below(PEOPLE.len()), elsewhere: chance.pick(&[0, 0, 30]), over };
        let steps = (0..length).map(|at| draw_step(&mut chance, &weights, haste, crowd, at * 4 / length.max(1) == 3));
        let mut steps: Vec<Step> = steps.collect();
        // Whoever dies mostly dies in the middle of something.
        for at in 1..steps.len() {
            if matches!(steps[at].act, Act::Kill { .. }) && chance.happens(80) {
                steps[at - 1].pace = Pace::Steps(1 + chance.below(16));
            }
        }
        Self { seed, over, events, steps }
    }
}

/// How many there are, how often they are at the second event, and how they pay.
#[derive(Clone, Copy)]
struct Crowd {
    people: usize,
    elsewhere: u64,
    over: Over,
}

fn draw_price(chance: &mut Chance, over: Over) -> i64 {
    match over {
        Over::Epayment | Over::Ecom => chance.pick(&PRICES),
        Over::Askell => chance.pick(&PRICES_IN_ISK),
    }
}

fn draw_event(chance: &mut Chance, over: Over) -> EventPlan {
    EventPlan {
        seats: chance.between(1, 3),
        price: chance.happens(85).then(|| draw_price(chance, over)),
        paytime_minutes: chance.pick(&[30, 60, 120, 180]),
        promotion_minutes: chance.pick(&[20, 120, 720]),
        hours_to_start: chance.pick(&[8, 24, 48]),
        refund_on_sign_off: chance.happens(70),
    }
}

fn draw_step(chance: &mut Chance, weights: &[(Kind, u64)], rest: u64, crowd: Crowd, is_late: bool) -> Step {
    let total: u64 = weights.iter().map(|(_, weight)| weight).sum();
    let mut drawn = chance.next() % total;
    let mut kind = Kind::Wait;
    for (candidate, weight) in weights {
        if drawn < *weight {
            kind = *candidate;
            break;
        }
        drawn -= weight;
    }
    // Whatever is cancelled is over: not before there was something.
    let kind = if kind == Kind::Cancel && !is_late { Kind::GoOn } else { kind };
    let act = match crowd.over {
        Over::Epayment | Over::Ecom => draw_act(chance, kind, crowd),
        Over::Askell => draw_act_with_cards(chance, kind, crowd),
    };
    let pace = if chance.happens(rest) { Pace::Rest } else { Pace::Steps(chance.below(9)) };
    Step { act, pace, salt: chance.next() }
}

fn draw_act(chance: &mut Chance, kind: Kind, crowd: Crowd) -> Act {
    let at = Place { who: chance.below(crowd.people), event: usize::from(chance.happens(crowd.elsewhere)) };
    let (who, event) = (at.who, at.event);
    match kind {
        Kind::GoOn => Act::GoOn(at),
        Kind::SignUp => Act::SignUp(at),
        Kind::SignOff => Act::SignOff(at),
        Kind::Click => Act::Click(at),
        Kind::Approve => Act::Approve { who, newest: true },
        Kind::ApproveOld => Act::Approve { who, newest: false },
        Kind::Abort => Act::Abort { who },
        Kind::Return => Act::Return(at),
        Kind::Limit => Act::Limit { event, seats: chance.between(0, 4) },
        Kind::Terms => {
            Act::Terms { event, price: draw_price(chance, crowd.over), minutes: chance.pick(&[30, 60, 240]) }
        }
        Kind::Remove => Act::Remove { at, refund: chance.happens(70) },
        Kind::Add => Act::Add(at),
        Kind::AddPaid => Act::AddPaid(at),
        Kind::MarkPaid => Act::MarkPaid(at),
        Kind::Refund => Act::Refund { at, percent: chance.pick(&[10, 30, 50, 100]) },
        Kind::Cancel => Act::Cancel { event },
        Kind::PortalRefund => Act::PortalRefund { at, percent: chance.pick(&[30, 100]) },
        Kind::PortalCancel => Act::PortalCancel(at),
        Kind::Webhook => {
            let post = chance.pick(&[Post::Arrives, Post::Arrives, Post::ArrivesTwice, Post::IsLost]);
            Act::Webhook { which: chance.below(4), post }
        }
        Kind::Forged => chance.pick(&[Act::Forged(at), Act::Lie(at)]),
        Kind::Weather => Act::Weather(chance.pick(&[
            Weather::Calm,
            Weather::Calm,
            Weather::Calm,
            Weather::Calm,
            Weather::Rough,
            Weather::Rough,
            Weather::Down,
            Weather::Deaf,
            Weather::Silent,
            Weather::Busy,
        ])),
        Kind::Wait => Act::Wait { seconds: chance.pick(&[1, 2, 5, 20, 61, 61, 240, 601, 900, 3_601]) },
        Kind::UntilDeadline => Act::UntilDeadline { event, seconds: chance.pick(&[-5, -1, 0, 1, 3]) },
        Kind::Jump => Act::Jump { seconds: chance.pick(&[61, 900, 3_600]) },
        Kind::Kill => Act::Kill { away: chance.pick(&[1, 30, 180, 3_600]) },
    }
}

/// What takes the place of approving, giving up and cancelling where a stored card is charged.
fn draw_act_with_cards(chance: &mut Chance, kind: Kind, crowd: Crowd) -> Act {
    let act = draw_act(chance, kind, crowd);
    let at = Place { who: chance.below(crowd.people), event: usize::from(chance.happens(crowd.elsewhere)) };
    if let Act::Approve { who, newest: true } = act {
        Act::TypeIn { who, card: chance.pick(&CARDS) }
    } else if let Act::Approve { newest: false, .. } = act {
        Act::AtAskell { at, hand: chance.pick(&[Hand::Charges, Hand::Declines, Hand::Declines]) }
    } else if let Act::Abort { .. } = act {
        Act::OtherCard(at)
    } else if let Act::PortalCancel(at) = act {
        Act::AtAskell { at, hand: chance.pick(&[Hand::ChargesInPortal, Hand::RetriesInPortal]) }
    } else if let Act::PortalRefund { at, .. } = act {
        Act::PortalRefund { at, percent: 100 }
    } else if let Act::Refund { at, .. } = act {
        Act::Refund { at, percent: chance.pick(&[50, 100, 100, 100]) }
    } else {
        act
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", PEOPLE[self.who], EVENTS[self.event])
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoOn(at) => write!(f, "{at}: goes on"),
            Self::SignUp(at) => write!(f, "{at}: signs up"),
            Self::SignOff(at) => write!(f, "{at}: signs off"),
            Self::Click(at) => write!(f, "{at}: clicks pay"),
            Self::Approve { who, newest: true } => write!(f, "{} approves the newest payment in hand", PEOPLE[*who]),
            Self::Approve { who, newest: false } => write!(f, "{} approves the oldest payment in hand", PEOPLE[*who]),
            Self::Abort { who } => write!(f, "{} gives up the newest payment in hand", PEOPLE[*who]),
            Self::TypeIn { who, card } => write!(f, "{} types in a card: {card:?}", PEOPLE[*who]),
            Self::OtherCard(at) => write!(f, "{at}: wants to register another card"),
            Self::AtAskell { at, hand: Hand::Charges } => write!(f, "the bank charges the card of {at}"),
            Self::AtAskell { at, hand: Hand::Declines } => write!(f, "the bank declines the card of {at}"),
            Self::AtAskell { at, hand: Hand::ChargesInPortal } => write!(f, "portal: the card of {at} is charged"),
            Self::AtAskell { at, hand: Hand::RetriesInPortal } => write!(f, "portal: the card of {at} is tried again"),
            Self::Return(at) => write!(f, "{at}: comes back from paying"),
            Self::Limit { event, seats } => write!(f, "organizer: {} has {seats} seats now (0: any)", EVENTS[*event]),
            Self::Terms { event, price, minutes } => {
                write!(
                    f,
                    "organizer: {} costs {price} hundredths from now on, to be paid in {minutes} minutes",
                    EVENTS[*event]
                )
            }
            Self::Remove { at, refund } => write!(f, "organizer removes {at}, refund: {refund}"),
            Self::Add(at) => write!(f, "organizer adds {at}"),
            Self::AddPaid(at) => write!(f, "organizer adds {at}, paid outside"),
            Self::MarkPaid(at) => write!(f, "organizer marks {at} as paid"),
            Self::Refund { at, percent } => {
                write!(f, "treasurer gives back {percent} % to {at}, or to whoever has paid")
            }
            Self::Cancel { event } => write!(f, "organizer cancels {}", EVENTS[*event]),
            Self::PortalRefund { at, percent } => write!(f, "portal: {percent} % back to {at}"),
            Self::PortalCancel(at) => write!(f, "portal: the newest payment of {at} is cancelled"),
            Self::Webhook { which, post } => write!(f, "webhook {which} in line: {post:?}"),
            Self::Forged(at) => write!(f, "somebody forges a webhook about {at}"),
            Self::Lie(at) => write!(f, "a signed webhook lies about {at}"),
            Self::Weather(weather) => write!(f, "the provider: {weather:?}"),
            Self::Wait { seconds } => write!(f, "{seconds} s pass"),
            Self::UntilDeadline { event, seconds } => {
                write!(f, "time passes until {seconds} s after the next deadline of {}", EVENTS[*event])
            }
            Self::Jump { seconds } => write!(f, "the clock jumps {seconds} s ahead"),
            Self::Kill { away } => write!(f, "the process is killed and starts again after {away} s"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pace {
            Pace::Rest => write!(f, "{}", self.act),
            Pace::Steps(count) => write!(f, "{} (then {count} steps)", self.act),
        }
    }
}
