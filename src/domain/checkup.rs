//! What the doctor compares: the books with themselves, and with the provider. Each rule takes what two places say about
//! one thing and answers what differs, both figures, and what helps. Nothing here reads a row or asks anybody.

use chrono::TimeDelta;

use super::attempt::{Attempt, AttemptState, End};
use super::attention::AttentionReason;
use super::effect::EffectKind;
use super::event::Event;
use super::ids::{EventId, OrderId};
use super::ledger::{self, LogLine, Movement, MovementKind, Returner, movements};
use super::money::{Currency, Money, Ore};
use super::order::{self, OrderStatus, RefundStatus};
use super::registration::Status;
use super::settlement::Case;
use super::snapshot::{Amounts, ProviderState, Snapshot};
use super::time::Timestamp;
use super::waitlist;

/// What is due for longer than this was forgotten by the jobs, or no server runs.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::hours(1);

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// An event.
    Event(EventId),
    /// An order.
    Order(OrderId),
}

/// What helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Looking at the order again: the provider is asked, and settling does the rest.
    Look,
    /// Counting the event's seats, queue and numbers again; whoever waits for a free seat gets it.
    Count,
    /// Marking the order for a person.
    Mark,
    /// A person, with both figures: nothing here may invent money.
    Person,
}

macro_rules! findings {
    ($($(#[doc = $about:literal])* $name:ident $word:literal $remedy:ident $advice:literal;)*) => {
        /// What can be wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Ailment {
            $($(#[doc = $about])* $name,)*
        }

        impl Ailment {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name in reports.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What helps.
            pub fn remedy(self) -> Remedy {
                match self { $(Self::$name => Remedy::$remedy,)* }
            }

            /// What to do.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)* }
            }
        }
    };
}

findings! {
    /// The counter of held seats is not the number of seats held.
    SeatsMiscounted "seats_miscounted" Count "`plass reconcile` counts again";
    /// The counter of the queue is not the number of people in it.
    QueueMiscounted "queue_miscounted" Count "`plass reconcile` counts again";
    /// The next number of the queue was drawn already.
    NumberDrawnTwice "queue_number_drawn_twice" Count "`plass reconcile` counts again";
    /// Somebody waits while a seat is free.
    SeatStaysFree "seat_stays_free" Count "`plass reconcile` gives it to whoever is next";
    /// The sums of a payment are none that a payment can have.
    SumsImpossible "sums_impossible" Person "compare with the Vipps portal; the books were changed by hand";
    /// The ledger does not come to the sums of the payment.
    LedgerDiffers "ledger_differs" Look "`plass reconcile` reads the provider's log again; if it stays, compare with the portal";
    /// The ledger has money in another currency than the order's.
    ForeignCurrency "foreign_currency" Person "compare the payment with the Vipps portal";
    /// The status is not the one that the sums decide.
    StatusDiffers "status_differs" Look "`plass reconcile` settles it again";
    /// More is refunded by wishes than the provider refunded for us.
    RefundsDiffer "refunds_differ" Person "compare the refunds with the Vipps portal, and refund what is missing";
    /// A seat is confirmed, nothing was paid, and nobody was told.
    SeatWithoutMoney "seat_without_money" Look "`plass reconcile` settles it again and marks it for a person";
    /// Money is kept for a seat that is gone, and nothing gives it back.
    MoneyWithoutSeat "money_without_seat" Look "`plass reconcile` settles it again: it is released or refunded";
    /// More than the price is kept, and nobody was told.
    PaidTooMuch "paid_too_much" Look "`plass reconcile` settles it again and marks it for a person";
    /// Something can still happen to the order, and nobody will look.
    NeverLookedAt "never_looked_at" Look "`plass reconcile` looks at it";
    /// A look is long due.
    LookForgotten "look_forgotten" Look "see whether a server is running; `plass reconcile` looks at it";
    /// A call to the provider is long due.
    EffectForgotten "effect_forgotten" Person "see whether a server is running, and what its log says";
    /// A call waits for a person who was never told.
    ParkedUnseen "parked_unseen" Mark "`plass reconcile` marks the order; then resolve it";
    /// A call is to make a payment that has ended.
    CreateForNothing "create_for_nothing" Person "the next run of the outbox removes it; see whether a server is running";
    /// The trail knows nothing of the registration.
    TrailMissing "trail_missing" Person "the database was changed by hand: find out by whom";
    /// The provider does not know the payment that the books say took money.
    UnknownToProvider "unknown_to_provider" Person "are these the right Vipps keys? If so, ask Vipps";
    /// The provider shows more than the books.
    ProviderShowsMore "provider_shows_more" Look "`plass reconcile` looks again";
    /// The books show more than the provider.
    ProviderShowsLess "provider_shows_less" Person "compare with the Vipps portal; sums never shrink, so the books are wrong";
    /// The provider ended a payment that the books take for alive, or the other way round.
    EndDiffers "end_differs" Look "`plass reconcile` looks again; if it stays, compare with the portal";
    /// The provider's log has a line that the ledger has not.
    LineMissing "ledger_line_missing" Look "`plass reconcile` reads the log again";
    /// The ledger has a line that the provider's log has not.
    LineInvented "ledger_line_invented" Person "the provider knows no such movement: the database was changed by hand";
    /// The provider's log does not come to its own sums.
    ProviderContradicts "provider_contradicts_itself" Person "ask Vipps; the sums are what counts here";
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about.
    pub about: Subject,
    /// What is wrong.
    pub ailment: Ailment,
    /// What the first place says.
    pub ours: String,
    /// What the second place says.
    pub theirs: String,
}

/// An event with what its rows come to.
#[derive(Clone, Debug)]
pub struct CountedEvent {
    /// The event with its counters.
    pub event: Event,
    /// Seats that are held.
    pub seats_held: i64,
    /// People in the queue.
    pub waiting: i64,
    /// The highest number in the queue.
    pub highest_queue_no: Option<i64>,
}

/// Everything the books say about an order.
#[derive(Clone, Debug)]
pub struct OrderBooks {
    /// The seat with its money.
    pub case: Case,
    /// The currencies of the ledger's lines.
    pub currencies: Vec<Currency>,
    /// When the effect that is longest due became so; parked ones are not.
    pub longest_due: Option<Timestamp>,
    /// True when the trail knows the registration.
    pub has_trail: bool,
}

struct Notes {
    about: Subject,
    found: Vec<Finding>,
}

impl Notes {
    fn on(about: Subject) -> Self {
        Self { about, found: Vec::new() }
    }

    fn note(&mut self, is_wrong: bool, ailment: Ailment, ours: impl ToString, theirs: impl ToString) {
        if is_wrong {
            let (ours, theirs) = (ours.to_string(), theirs.to_string());
            self.found.push(Finding { about: self.about, ailment, ours, theirs });
        }
    }
}

/// An event's counters against its rows.
pub fn check_event(counted: &CountedEvent, now: Timestamp) -> Vec<Finding> {
    let occupancy = &counted.event.occupancy;
    let mut notes = Notes::on(Subject::Event(counted.event.id));
    let (seats, waiting) = (occupancy.seats_held, occupancy.waiting);
    notes.note(seats != counted.seats_held, Ailment::SeatsMiscounted, seats, counted.seats_held);
    notes.note(waiting != counted.waiting, Ailment::QueueMiscounted, waiting, counted.waiting);
    let highest = counted.highest_queue_no.unwrap_or(i64::MIN);
    notes.note(occupancy.next_queue_no <= highest, Ailment::NumberDrawnTwice, occupancy.next_queue_no, highest);
    let mut true_occupancy = *occupancy;
    (true_occupancy.seats_held, true_occupancy.waiting) = (counted.seats_held, counted.waiting);
    let next = waitlist::next_in_line(&counted.event.details, &true_occupancy, now);
    let held = format!("{} of {} seats held", counted.seats_held, counted.event.details.limit);
    notes.note(next.is_some(), Ailment::SeatStaysFree, held, format!("{} waiting", counted.waiting));
    notes.found
}

/// An order's books against each other.
pub fn check_order(books: &OrderBooks, now: Timestamp) -> Vec<Finding> {
    let case = &books.case;
    let mut notes = Notes::on(Subject::Order(case.order.id));
    for attempt in &case.attempts {
        check_sums(&mut notes, books, attempt);
    }
    let status = order::status(&case.order, &case.registration.status, &case.attempts, &case.refunds);
    let kept = case.order.status;
    notes.note(status != kept, Ailment::StatusDiffers, kept.word(), status.word());
    let foreign = books.currencies.iter().find(|currency| **currency != case.order.price.currency);
    let foreign_code = foreign.map_or("", |currency| currency.code());
    notes.note(foreign.is_some(), Ailment::ForeignCurrency, case.order.price.currency.code(), foreign_code);
    check_money_and_seat(&mut notes, case, status);
    check_what_is_due(&mut notes, books, now);
    notes.note(!books.has_trail, Ailment::TrailMissing, "a registration", "no line of the trail");
    notes.found
}

fn check_sums(notes: &mut Notes, books: &OrderBooks, attempt: &Attempt) {
    let (sums, price) = (attempt.amounts, books.case.order.price.amount);
    let impossible = sums.authorized > price || sums.captured > sums.authorized || sums.refunded > sums.captured;
    notes.note(impossible, Ailment::SumsImpossible, told(sums), format!("a price of {price}"));
    let booked = ledger::booked(&books.case.ledger, attempt.id);
    let moved = ledger::moved(sums);
    notes.note(booked != moved, Ailment::LedgerDiffers, told(moved), told(booked));
}

fn check_money_and_seat(notes: &mut Notes, case: &Case, status: OrderStatus) {
    let (order, attempts) = (&case.order, &case.attempts);
    let sums = order::sums(order, attempts, &case.refunds);
    let done = case.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
    let done: Ore = done.map(|refund| refund.amount).sum();
    // What somebody gave back in the portal carries out no wish.
    let portal = ledger::returns(&case.ledger).filter(|returned| returned.by == Returner::Elsewhere && !order.sale);
    let ours = sums.refunded.less(portal.map(|returned| returned.amount).sum());
    notes.note(done > ours, Ailment::RefundsDiffer, done, ours);
    let is_told = order.needs_attention.is_some() || order::is_settled_elsewhere(order, attempts);
    let paid = status.has_paid() || status == OrderStatus::Refund;
    let seat = case.registration.status == Status::Confirmed;
    notes.note(seat && !paid && !is_told, Ailment::SeatWithoutMoney, "confirmed", status.word());
    let alive = attempts.iter().filter(|attempt| !matches!(attempt.state, AttemptState::Dead(_)));
    let kept: Ore = alive.map(|attempt| attempt.amounts.kept()).sum();
    notes.note(kept > order.price.amount && !is_told, Ailment::PaidTooMuch, order.price.amount, kept);
    let left = order::left(attempts);
    let on_its_way = case.effects.iter().any(|effect| effect.kind.is_money());
    let gone = !case.registration.status.holds_seat() && left.is_positive();
    let word = format!("{} left", left);
    notes.note(gone && !on_its_way && !is_told, Ailment::MoneyWithoutSeat, "no seat", word);
}

fn check_what_is_due(notes: &mut Notes, books: &OrderBooks, now: Timestamp) {
    let case = &books.case;
    let live = case.attempts.iter().any(|attempt| attempt.state.is_live());
    let payable = matches!(case.registration.status, Status::AwaitingPayment { .. });
    let pending = case.refunds.iter().any(|refund| refund.status == RefundStatus::Pending);
    let open = live || payable || pending;
    let word = case.order.status.word();
    notes.note(open && case.order.check_at.is_none(), Ailment::NeverLookedAt, word, "no look planned");
    let overdue = |at: Option<Timestamp>| at.filter(|at| now - *at > FORGOTTEN_AFTER);
    let since = |at: Option<Timestamp>| at.map(|at| format!("due since {at}")).unwrap_or_default();
    let look = overdue(case.order.check_at);
    notes.note(look.is_some(), Ailment::LookForgotten, word, since(look));
    let effect = overdue(books.longest_due);
    notes.note(effect.is_some(), Ailment::EffectForgotten, word, since(effect));
    let parked = case.effects.iter().find(|effect| effect.parked && effect.kind.is_money());
    let parked_word = parked.map_or("", |effect| effect.kind.word());
    let untold = parked.is_some() && case.order.needs_attention.is_none();
    notes.note(untold, Ailment::ParkedUnseen, format!("a parked {parked_word}"), "nobody told");
    let creates = case.effects.iter().filter(|effect| effect.kind == EffectKind::Create);
    for attempt in creates.filter_map(|effect| case.attempts.iter().find(|attempt| attempt.id == effect.attempt)) {
        let is_retry = attempt.state == AttemptState::Open && attempt.provider.charges_stored_cards();
        let waits = is_retry || matches!(attempt.state, AttemptState::Planned | AttemptState::Sent);
        notes.note(!waits, Ailment::CreateForNothing, attempt.state.word(), "a create in the outbox");
    }
}

/// Why an order whose parked effect nobody was told of needs a person.
pub fn unseen(case: &Case) -> Option<AttentionReason> {
    let parked = case.effects.iter().find(|effect| effect.parked && effect.kind.is_money())?;
    case.order.needs_attention.is_none().then_some(match parked.kind {
        EffectKind::Close => AttentionReason::CloseRefused,
        EffectKind::Capture => AttentionReason::CaptureRefused,
        EffectKind::Release => AttentionReason::ReleaseRefused,
        EffectKind::Refund | EffectKind::Create | EffectKind::Letter => AttentionReason::RefundRefused,
    })
}

/// True when the doctor has something to ask the provider about an attempt.
pub fn can_be_compared(attempt: &Attempt) -> bool {
    match attempt.state {
        AttemptState::Planned | AttemptState::Sent => false,
        AttemptState::Dead(End::Abandoned | End::Failed) => attempt.amounts.authorized.is_positive(),
        AttemptState::Open | AttemptState::Authorized | AttemptState::Settled => true,
        AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => true,
    }
}

/// What the ledger says of one attempt, line by line.
pub type Lines = Vec<(MovementKind, Ore, String)>;

/// An attempt's books against the provider's sums and log.
pub fn check_attempt(
    attempt: &Attempt,
    price: Money,
    lines: &Lines,
    (seen, log): (Option<&Snapshot>, &[LogLine]),
) -> Vec<Finding> {
    let mut notes = Notes::on(Subject::Order(attempt.order_id));
    let (ours, name) = (ledger::moved(attempt.amounts), attempt.reference.as_str());
    let Some(snapshot) = seen else {
        notes.note(true, Ailment::UnknownToProvider, format!("{name}: {}", told(ours)), "not found");
        return notes.found;
    };
    let theirs = ledger::moved(snapshot.amounts);
    let figures = || (format!("{name}: {}", told(ours)), told(theirs));
    notes.note(!covers(ours, theirs), Ailment::ProviderShowsMore, figures().0, figures().1);
    notes.note(!covers(theirs, ours), Ailment::ProviderShowsLess, figures().0, figures().1);
    let ended = |state: ProviderState| match state {
        ProviderState::Created | ProviderState::Failed => None,
        ProviderState::Authorized => Some(false),
        ProviderState::Aborted | ProviderState::Expired | ProviderState::Terminated => Some(true),
    };
    let ours_ended = matches!(attempt.state, AttemptState::Dead(End::Aborted | End::Expired | End::Terminated));
    let differs = ended(snapshot.state).map_or(ours_ended, |theirs| theirs != ours_ended);
    let open = attempt.state == AttemptState::Open && snapshot.state == ProviderState::Authorized;
    let state = format!("{name}: {}", attempt.state.word());
    notes.note(differs || open, Ailment::EndDiffers, state, format!("{:?}", snapshot.state));
    check_log(&mut notes, lines, &movements(log, price), theirs);
    notes.found
}

fn check_log(notes: &mut Notes, lines: &Lines, movements: &[Movement], theirs: Amounts) {
    let logged = ledger::sums(movements.iter().map(|movement| (movement.kind, movement.amount)));
    notes.note(logged != theirs, Ailment::ProviderContradicts, told(theirs), told(logged));
    let is = |movement: &Movement, line: &(MovementKind, Ore, String)| {
        (movement.kind, movement.amount, &movement.provider_event) == (line.0, line.1, &line.2)
    };
    for movement in movements.iter().filter(|movement| !lines.iter().any(|line| is(movement, line))) {
        let line = format!("{} {}", movement.kind.word(), movement.amount);
        notes.note(true, Ailment::LineMissing, "not booked", line);
    }
    for line in lines.iter().filter(|line| !movements.iter().any(|movement| is(movement, line))) {
        notes.note(true, Ailment::LineInvented, format!("{} {}", line.0.word(), line.1), "not in the log");
    }
}

fn covers(all: Amounts, some: Amounts) -> bool {
    all.authorized >= some.authorized
        && all.captured >= some.captured
        && all.refunded >= some.refunded
        && all.cancelled >= some.cancelled
}

fn told(sums: Amounts) -> String {
    let Amounts { authorized, captured, refunded, cancelled } = sums;
    format!("authorized {authorized}, captured {captured}, refunded {refunded}, released {cancelled}")
}
