//! One payment at the provider, from plan to end, and how an answer of the provider is joined into it. Sums only grow,
//! an older answer is ignored, a contradicting one is an anomaly. Nothing here decides about seats.

use chrono::TimeDelta;

use super::charge::Charge;
use super::flow::Flow;
use super::ids::{AttemptId, EventId, OrderId, PaymentId, Reference, UserId};
use super::ledger::Movement;
use super::money::Money;
use super::sales_unit::Provider;
use super::snapshot::{Amounts, ProviderState, Snapshot};
use super::time::Timestamp;

/// One payment at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// What it pays.
    pub order_id: OrderId,
    /// The event of the seat.
    pub event_id: EventId,
    /// Who pays.
    pub user_id: UserId,
    /// Over which provider it was planned. Its create goes there, wherever its agreement has moved since.
    pub provider: Provider,
    /// How the payer comes to it.
    pub flow: Flow,
    /// Its name at the provider.
    pub reference: Reference,
    /// The provider's own id of it, where the provider wants that.
    pub provider_id: Option<String>,
    /// Where it stands.
    pub state: AttemptState,
    /// The body of the create call, stored before it is sent. Empty once it is forgotten.
    pub request_body: String,
    /// The idempotency key of the create call.
    pub create_key: String,
    /// Where the payer approves.
    pub redirect_url: Option<String>,
    /// When the last create call ended, however.
    pub create_ended_at: Option<Timestamp>,
    /// When the provider's session began, at the earliest.
    pub session_began_at: Option<Timestamp>,
    /// When the payer was last sent to the redirect URL.
    pub opened_at: Option<Timestamp>,
    /// True when we want it dead.
    pub giving_up: bool,
    /// No money call before this.
    pub paced_until: Option<Timestamp>,
    /// The provider's sums.
    pub amounts: Amounts,
    /// When it was planned.
    pub created_at: Timestamp,
    /// What is known of the charge, where a stored card is charged.
    pub charge: Charge,
}

impl Attempt {
    /// How the provider knows it.
    pub fn payment(&self) -> PaymentId {
        PaymentId { reference: self.reference.clone(), provider_id: self.provider_id.clone() }
    }
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptState {
    /// The create was never sent. The person waits a moment.
    Planned,
    /// The create was sent and not answered. The person waits.
    Sent,
    /// The person can approve.
    Open,
    /// Money is reserved.
    Authorized,
    /// All of it was taken or released.
    Settled,
    /// It will never take money.
    Dead(End),
}

/// How an attempt died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The payer cancelled.
    Aborted,
    /// The session's time ran out.
    Expired,
    /// We closed it.
    Terminated,
    /// It never came to be, as far as we know.
    Abandoned,
    /// The card was not charged, and is not tried again.
    Failed,
}

/// The life of a provider session: 5 minutes to open and 5 to approve (Vipps ePayment, "States").
pub const SESSION_LIFE: TimeDelta = TimeDelta::minutes(10);
/// A session older than this is not handed out again: too little of its life would be left.
pub const SESSION_FRESH: TimeDelta = TimeDelta::minutes(4);
/// How many attempts one order may start within an hour.
pub const ATTEMPTS_PER_HOUR_MAX: usize = 10;

impl AttemptState {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Planned,
        Self::Sent,
        Self::Open,
        Self::Authorized,
        Self::Settled,
        Self::Dead(End::Aborted),
        Self::Dead(End::Expired),
        Self::Dead(End::Terminated),
        Self::Dead(End::Abandoned),
        Self::Dead(End::Failed),
    ];

    /// True while it can take money.
    pub fn is_live(self) -> bool {
        match self {
            Self::Sent | Self::Open | Self::Authorized => true,
            Self::Planned | Self::Settled | Self::Dead(_) => false,
        }
    }

    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Sent => "sent",
            Self::Open => "open",
            Self::Authorized => "authorized",
            Self::Settled => "settled",
            Self::Dead(End::Aborted) => "aborted",
            Self::Dead(End::Expired) => "expired",
            Self::Dead(End::Terminated) => "terminated",
            Self::Dead(End::Abandoned) => "abandoned",
            Self::Dead(End::Failed) => "failed",
        }
    }
}

/// What a look saw of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which attempt.
    pub attempt: AttemptId,
    /// When the question left.
    pub asked_at: Timestamp,
    /// The answer; empty when the provider knows no such payment.
    pub seen: Option<Snapshot>,
    /// What the provider's log tells beside it and nobody had booked yet.
    pub moved: Vec<Movement>,
}

/// An answer that cannot be true together with what was seen before. Nothing is changed; a person must look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Anomaly {
    /// Another currency or price than the order's.
    OtherPrice,
    /// Sums that no payment can have.
    ImpossibleSums,
    /// Two different ends.
    TwoEnds,
}

/// Joins a snapshot into the attempt. `price` is the order's.
pub fn join(attempt: &mut Attempt, snapshot: &Snapshot, price: Money) -> Result<(), Anomaly> {
    let seen = snapshot.amounts;
    if snapshot.currency != price.currency || snapshot.price != price.amount {
        return Err(Anomaly::OtherPrice);
    }
    let unapproved = match snapshot.state {
        ProviderState::Authorized => false,
        ProviderState::Created
        | ProviderState::Aborted
        | ProviderState::Expired
        | ProviderState::Terminated
        | ProviderState::Failed => true,
    };
    // Money on an unapproved payment would be forgotten with the seat that it pays.
    let too_early = unapproved && seen.authorized.is_positive();
    if too_early || seen.authorized > price.amount || seen.captured > seen.authorized || seen.refunded > seen.captured {
        return Err(Anomaly::ImpossibleSums);
    }
    let next = match snapshot.state {
        ProviderState::Created if attempt.state == AttemptState::Sent => AttemptState::Open,
        ProviderState::Failed => failed(attempt)?,
        ProviderState::Created => attempt.state,
        ProviderState::Authorized => authorized(attempt, seen)?,
        ProviderState::Aborted => ended(attempt, End::Aborted)?,
        ProviderState::Expired => ended(attempt, End::Expired)?,
        ProviderState::Terminated => ended(attempt, End::Terminated)?,
    };
    if attempt.redirect_url.is_none() {
        attempt.redirect_url.clone_from(&snapshot.redirect_url);
    }
    attempt.state = next;
    attempt.amounts = grown(attempt.amounts, seen);
    if attempt.state == AttemptState::Authorized && !attempt.amounts.reserved().is_positive() {
        attempt.state = AttemptState::Settled;
    }
    Ok(())
}

fn grown(known: Amounts, seen: Amounts) -> Amounts {
    Amounts {
        authorized: known.authorized.max(seen.authorized),
        captured: known.captured.max(seen.captured),
        refunded: known.refunded.max(seen.refunded),
        cancelled: known.cancelled.max(seen.cancelled),
    }
}

fn authorized(attempt: &Attempt, seen: Amounts) -> Result<AttemptState, Anomaly> {
    if !seen.authorized.is_positive() {
        return Err(Anomaly::ImpossibleSums);
    }
    match attempt.state {
        AttemptState::Planned | AttemptState::Sent | AttemptState::Open | AttemptState::Authorized => {
            Ok(AttemptState::Authorized)
        }
        AttemptState::Settled => Ok(AttemptState::Settled),
        // Abandoned was our word, not the provider's. It stays so, since another attempt may be live by now; settling
        // gives back whatever its sums show.
        // A charge that failed for us may have been tried again in the provider's portal: that goes back likewise.
        AttemptState::Dead(End::Abandoned | End::Failed) => Ok(attempt.state),
        AttemptState::Dead(End::Aborted | End::Expired | End::Terminated) => Err(Anomaly::TwoEnds),
    }
}

/// A charge that failed is no end by itself: who settles decides whether it is tried again.
fn failed(attempt: &Attempt) -> Result<AttemptState, Anomaly> {
    match attempt.state {
        AttemptState::Planned | AttemptState::Sent | AttemptState::Open => Ok(AttemptState::Open),
        AttemptState::Dead(End::Abandoned) => Ok(AttemptState::Dead(End::Failed)),
        AttemptState::Dead(_) => Ok(attempt.state),
        AttemptState::Authorized | AttemptState::Settled => Err(Anomaly::TwoEnds),
    }
}

fn ended(attempt: &Attempt, end: End) -> Result<AttemptState, Anomaly> {
    match attempt.state {
        AttemptState::Planned | AttemptState::Sent | AttemptState::Open => Ok(AttemptState::Dead(end)),
        AttemptState::Dead(End::Abandoned) => Ok(AttemptState::Dead(end)),
        AttemptState::Dead(known) if known == end => Ok(AttemptState::Dead(end)),
        AttemptState::Authorized | AttemptState::Settled | AttemptState::Dead(_) => Err(Anomaly::TwoEnds),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use uuid::Uuid;

    use super::super::money::{Currency, Ore};
    use super::super::time::at_millis;
    use super::*;

    const PRICE: Money = Money { amount: Ore(100), currency: Currency::Nok };

    /// An attempt in this state, planned just now.
    pub(crate) fn attempt_in(state: AttemptState) -> Attempt {
        Attempt {
            id: AttemptId(Uuid::nil()),
            order_id: OrderId(Uuid::nil()),
            event_id: EventId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            provider: Provider::VippsEpayment,
            flow: Flow::Web,
            reference: Reference(String::new()),
            provider_id: None,
            state,
            request_body: String::new(),
            create_key: String::new(),
            redirect_url: None,
            create_ended_at: None,
            session_began_at: None,
            opened_at: None,
            giving_up: false,
            paced_until: None,
            amounts: Amounts::default(),
            created_at: at_millis(1_800_000_000_000),
            charge: Charge::default(),
        }
    }

    fn amounts([authorized, captured, refunded, cancelled]: [i64; 4]) -> Amounts {
        Amounts {
            authorized: Ore(authorized),
            captured: Ore(captured),
            refunded: Ore(refunded),
            cancelled: Ore(cancelled),
        }
    }

    fn snapshot(state: ProviderState, sums: [i64; 4]) -> Snapshot {
        let (currency, price) = (PRICE.currency, PRICE.amount);
        Snapshot { state, currency, price, amounts: amounts(sums), redirect_url: None }
    }

    #[track_caller]
    fn check(
        (state, known): (AttemptState, [i64; 4]),
        (seen, sums): (ProviderState, [i64; 4]),
        expected: Result<(AttemptState, [i64; 4]), Anomaly>,
    ) {
        let before = Attempt { amounts: amounts(known), ..attempt_in(state) };
        let mut attempt = before.clone();
        let result = join(&mut attempt, &snapshot(seen, sums), PRICE).map(|()| (attempt.state, attempt.amounts));
        assert_eq!(result, expected.map(|(state, sums)| (state, amounts(sums))));
        assert!(result.is_ok() || attempt == before, "an anomaly changes nothing");
    }

    const NOTHING: [i64; 4] = [0; 4];
    const RESERVED: [i64; 4] = [100, 0, 0, 0];
    const TAKEN: [i64; 4] = [100, 100, 0, 0];

    use AttemptState::{Dead, Open, Sent, Settled};
    use ProviderState::{Aborted, Created, Expired, Failed, Terminated};

    #[test]
    fn an_answer_opens_what_was_sent() {
        check((Sent, NOTHING), (Created, NOTHING), Ok((Open, NOTHING)));
        check((Sent, NOTHING), (ProviderState::Authorized, RESERVED), Ok((AttemptState::Authorized, RESERVED)));
        check((Sent, NOTHING), (Expired, NOTHING), Ok((Dead(End::Expired), NOTHING)));
    }

    #[test]
    fn an_attempt_is_settled_when_all_of_it_was_taken_or_released() {
        let authorized = (AttemptState::Authorized, RESERVED);
        check(authorized, (ProviderState::Authorized, TAKEN), Ok((Settled, TAKEN)));
        check(authorized, (ProviderState::Authorized, [100, 0, 0, 100]), Ok((Settled, [100, 0, 0, 100])));
        check(authorized, (ProviderState::Authorized, [100, 40, 0, 60]), Ok((Settled, [100, 40, 0, 60])));
        check(
            authorized,
            (ProviderState::Authorized, [100, 40, 0, 0]),
            Ok((AttemptState::Authorized, [100, 40, 0, 0])),
        );
    }

    #[test]
    fn an_older_answer_is_ignored_in_silence() {
        check((Settled, TAKEN), (ProviderState::Authorized, RESERVED), Ok((Settled, TAKEN)));
        for (state, sums) in [(Settled, TAKEN), (Dead(End::Aborted), NOTHING), (AttemptState::Authorized, RESERVED)] {
            check((state, sums), (Created, NOTHING), Ok((state, sums)));
        }
    }

    #[test]
    fn two_different_ends_are_an_anomaly() {
        check((AttemptState::Authorized, RESERVED), (Expired, NOTHING), Err(Anomaly::TwoEnds));
        check((Settled, TAKEN), (Terminated, [0, 0, 0, 100]), Err(Anomaly::TwoEnds));
        check((Dead(End::Aborted), NOTHING), (Expired, NOTHING), Err(Anomaly::TwoEnds));
        check((Dead(End::Expired), NOTHING), (ProviderState::Authorized, RESERVED), Err(Anomaly::TwoEnds));
        check((Dead(End::Aborted), NOTHING), (Aborted, NOTHING), Ok((Dead(End::Aborted), NOTHING)));
    }

    #[test]
    fn abandoned_is_our_word_and_no_end_of_the_provider() {
        let abandoned = (Dead(End::Abandoned), NOTHING);
        check(abandoned, (ProviderState::Authorized, RESERVED), Ok((Dead(End::Abandoned), RESERVED)));
        check(abandoned, (Expired, NOTHING), Ok((Dead(End::Expired), NOTHING)));
        check(abandoned, (Created, NOTHING), Ok(abandoned));
    }

    #[test]
    fn a_charge_that_failed_may_still_be_tried_again() {
        check((Sent, NOTHING), (Failed, NOTHING), Ok((Open, NOTHING)));
        check((Open, NOTHING), (Failed, NOTHING), Ok((Open, NOTHING)));
        check((Dead(End::Abandoned), NOTHING), (Failed, NOTHING), Ok((Dead(End::Failed), NOTHING)));
        check((Dead(End::Failed), NOTHING), (Failed, NOTHING), Ok((Dead(End::Failed), NOTHING)));
        check((Dead(End::Failed), NOTHING), (ProviderState::Authorized, TAKEN), Ok((Dead(End::Failed), TAKEN)));
        check((Settled, TAKEN), (Failed, NOTHING), Err(Anomaly::TwoEnds));
    }

    #[test]
    fn impossible_sums_and_other_prices_change_nothing() {
        for sums in [[101, 0, 0, 0], [100, 101, 0, 0], [100, 50, 51, 0], NOTHING] {
            check((Open, NOTHING), (ProviderState::Authorized, sums), Err(Anomaly::ImpossibleSums));
        }
        for state in [Created, Aborted, Expired, Terminated, Failed] {
            check((Open, NOTHING), (state, RESERVED), Err(Anomaly::ImpossibleSums));
        }
        let right = snapshot(Created, NOTHING);
        for wrong in [Snapshot { price: Ore(99), ..right.clone() }, Snapshot { currency: Currency::Dkk, ..right }] {
            let mut attempt = attempt_in(Sent);
            assert_eq!(join(&mut attempt, &wrong, PRICE), Err(Anomaly::OtherPrice));
            assert_eq!(attempt, attempt_in(Sent));
        }
    }
}
