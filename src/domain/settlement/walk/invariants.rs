//! What must be true on every edge, in every world, and once everything has come to rest. Each has a name; a walk that
//! breaks one prints it with the way that led there.

use chrono::TimeDelta;

use super::super::super::attempt::{Attempt, AttemptState, End};
use super::super::super::correspondence::{SeatChange, brought, of_money, of_seat};
use super::super::super::effect::{Effect, EffectKind, MoneyAct};
use super::super::super::letter::{News, Way};
use super::super::super::money::Ore;
use super::super::super::order::RefundStatus;
use super::super::super::registration::{EndedReason, Status};
use super::super::super::snapshot::Amounts;
use super::super::super::trail::Happening;
use super::super::{Case, settle};
use super::provider::{PRICE, Payment, Stage};
use super::steps::{Past, Step};
use super::world::{Run, World, attempt_id, now};

/// The name of what is broken.
pub(super) type Broken = &'static str;

macro_rules! holds {
    ($condition:expr, $name:literal) => {
        if !$condition {
            return Err($name);
        }
    };
}

/// What one step may do.
pub(super) fn check_edge(before: &World, step: Step, run: Option<&Run>, after: &World) -> Result<(), Broken> {
    let ended_unpaid = Status::Ended(EndedReason::Unpaid);
    if before.case.registration.status.holds_seat() && after.case.registration.status == ended_unpaid {
        holds!(!can_take_money(after), "a seat is freed while the provider can still take money for it");
    }
    for (was, is) in before.case.attempts.iter().zip(&after.case.attempts) {
        holds!(grows(was.amounts, is.amounts), "a sum in the books shrinks");
        holds!(rank(is.state) >= rank(was.state) || revived(was, is), "an attempt goes back in its life");
    }
    if let Some(run) = run {
        check_run(run)?;
        if let Step::StaleLook(index, past) = step {
            holds!(is_ignored(run, index, past), "an old answer undoes a newer one");
        } else {
            for sighting in &run.sightings {
                let index = (0..after.payments.len()).find(|index| attempt_id(*index) == sighting.attempt).unwrap();
                let same = after.case.attempts[index].amounts == after.payments[index].sums;
                holds!(same, "the books differ from the provider right after a look");
            }
        }
    }
    check_letters(before, run, after)?;
    check_world(after)
}

/// What people are told is what happened: a letter for each step of the seat, and for each sum that the trail noted.
fn check_letters(before: &World, run: Option<&Run>, after: &World) -> Result<(), Broken> {
    let (was, is) = (&before.case, &after.case);
    let change = SeatChange {
        before: Some(was.registration.status),
        registration: &is.registration,
        order: Some(&is.order),
        money: brought(was),
        somebody_is_next: false,
        reason: "",
    };
    let moved = std::mem::discriminant(&was.registration.status) != std::mem::discriminant(&is.registration.status);
    holds!(of_seat(&change).is_some() == moved, "a seat changes and nobody is told, or the other way round");
    let noted = |kind: Happening| -> Ore {
        let trail = run.map(|run| run.settled.trail.as_slice()).unwrap_or_default();
        trail.iter().filter(|note| note.kind == kind).filter_map(|note| note.amount).sum()
    };
    let (mut refunded, mut released) = (Ore::ZERO, Ore::ZERO);
    for news in of_money(was, is) {
        if let News::Refunded { amount, way: Way::Vipps, .. } = news {
            refunded = refunded + amount.amount;
        } else if let News::ReservationReleased { amount } = news {
            released = released + amount.amount;
        } else {
            return Err("a letter about money says what nobody noted");
        }
    }
    holds!(refunded == noted(Happening::Refunded), "another sum is told than was given back");
    holds!(released == noted(Happening::Released), "another sum is told than was let go");
    Ok(())
}

/// What `settle` may do, whatever it is shown.
fn check_run(run: &Run) -> Result<(), Broken> {
    let (before, settled) = (&run.before, &run.settled);
    let (was, is) = (before.registration.status, settled.case.registration.status);
    holds!(was != Status::Confirmed || is == was, "a confirmed seat is unmade by settling");
    holds!(was.is_active() || is == was, "an ended registration comes back");
    holds!(is.holds_seat() || !was.holds_seat() || is == Status::Ended(EndedReason::Unpaid), "a seat ends otherwise");
    let mut reserved: Ore = Ore::ZERO;
    for effect in &settled.effects {
        let Effect::Money { attempt, act } = effect else { continue };
        match act {
            MoneyAct::Capture(amount) => {
                let order = &settled.case.order;
                let wanted = is == Status::Confirmed && !order.sale && !order.give_back_all;
                holds!(wanted, "money is taken without a seat of this order");
                reserved = reserved + *amount;
            }
            MoneyAct::Refund { refund: Some(wish), .. } => {
                let sent = before.refunds.iter().any(|r| r.id == *wish && r.refunded_before.is_some());
                holds!(!sent, "a wish to refund is sent twice");
            }
            MoneyAct::Close | MoneyAct::Release | MoneyAct::Refund { refund: None, .. } => {}
        }
        let blocked = before.effects.iter().any(|e| e.attempt == *attempt && e.kind.is_money() && !e.parked);
        holds!(!blocked, "a money effect is queued behind another");
    }
    let kept: Ore = settled.case.attempts.iter().filter(|a| !is_abandoned(a)).map(|a| a.amounts.kept()).sum();
    holds!(kept + reserved <= PRICE || reserved == Ore::ZERO, "more is taken than the price");
    Ok(())
}

/// Settling once is enough.
pub(super) fn check_again(run: &Run) -> Result<(), Broken> {
    let settled = &run.settled;
    let again = settle(settled.case.clone(), &[], now());
    holds!(again.effects.is_empty() && again.trail.is_empty(), "settling again wishes again");
    holds!(again.case == settled.case, "settling again changes something");
    Ok(())
}

/// What is true in every world.
fn check_world(world: &World) -> Result<(), Broken> {
    let case = &world.case;
    let live = case.attempts.iter().filter(|attempt| attempt.state.is_live()).count();
    holds!(live + usize::from(world.older_is_live) <= 1, "two attempts can take money");
    let mut taken = Ore::ZERO;
    for (attempt, payment) in case.attempts.iter().zip(&world.payments) {
        holds!(grows(attempt.amounts, payment.sums), "the books show more than the provider");
        holds!(payment.sums.refunded <= payment.sums.captured, "more is given back than was taken");
        let open = |effect: &&super::super::OpenEffect| effect.kind.is_money() && !effect.parked;
        let effects = case.effects.iter().filter(|effect| effect.attempt == attempt.id).filter(open).count();
        holds!(effects <= 1, "an attempt has two open money effects");
        if payment.sums.kept().is_positive() {
            holds!(is_accounted_for(case, attempt), "money was taken and nobody knows what for");
        }
        taken = taken + payment.taken;
    }
    holds!(taken <= PRICE, "the price is taken twice");
    for wish in &case.refunds {
        let wished: Ore = world.payments.iter().map(|payment| payment.wished).sum();
        let ours = |payment: &Payment| payment.sums.refunded.less(payment.elsewhere);
        match wish.status {
            RefundStatus::Done => holds!(
                world.payments.iter().map(ours).sum::<Ore>() >= wish.amount,
                "a wish counts as done though the money went back elsewhere"
            ),
            RefundStatus::Refused => holds!(wished == Ore::ZERO, "a wish that was carried out is called refused"),
            RefundStatus::Pending => {}
        }
    }
    let anomalous = |reason: &str| reason.starts_with("provider_shows");
    let alarm = case.order.needs_attention.as_ref().is_some_and(|attention| anomalous(attention.reason.word()));
    holds!(!alarm, "an honest answer is taken for an anomaly");
    holds!(case.order.check_at.is_some() || !is_open(case), "an open order is never looked at again");
    Ok(())
}

/// What is true when the provider is honest, every call was answered, every look taken, and time has passed.
pub(super) fn check_rest(world: &World) -> Result<(), Broken> {
    let case = &world.case;
    let status = case.registration.status;
    holds!(!matches!(status, Status::AwaitingPayment { .. }), "a seat is held unpaid for ever");
    holds!(case.effects.iter().all(|effect| effect.parked), "an effect stays in the outbox for ever");
    holds!(case.refunds.iter().all(|r| r.status != RefundStatus::Pending), "a refund stays pending for ever");
    let parked = !case.effects.is_empty();
    holds!(!parked || case.order.needs_attention.is_some(), "an effect is parked and nobody is told");
    if parked {
        return Ok(());
    }
    let soon = now() + TimeDelta::minutes(59);
    holds!(case.order.check_at.is_none_or(|at| at > soon), "an order at rest is looked at all the time");
    let can_go_back = case.attempts.iter().any(|attempt| attempt.amounts.kept().is_positive());
    holds!(case.order.check_at.is_some() == can_go_back, "a refund in the portal would go unseen, or never came");
    let seat_is_paid_here = status == Status::Confirmed && !case.order.sale;
    let mut kept = Ore::ZERO;
    for (attempt, payment) in case.attempts.iter().zip(&world.payments) {
        let at_rest = matches!(attempt.state, AttemptState::Settled | AttemptState::Dead(_));
        holds!(at_rest, "an attempt stays open for ever");
        holds!(!can_be_approved(payment), "a payer can pay for what is over");
        holds!(payment.sums.reserved() == Ore::ZERO, "money stays reserved for ever");
        let same = attempt.amounts == payment.sums || is_abandoned(attempt) && payment.sums.authorized == Ore::ZERO;
        holds!(same, "the books differ from the provider at rest");
        let stays = payment.sums.kept();
        holds!(stays == Ore::ZERO || seat_is_paid_here && !is_abandoned(attempt), "somebody pays for nothing");
        kept = kept + stays;
    }
    let refunded: Ore = world.payments.iter().map(|payment| payment.sums.refunded).sum();
    let paid = kept == PRICE || refunded.is_positive() || case.order.needs_attention.is_some();
    holds!(!seat_is_paid_here || paid, "a confirmed seat is not paid, and nobody is told");
    holds!(kept <= PRICE || case.order.needs_attention.is_some(), "somebody paid too much, and nobody is told");
    Ok(())
}

/// By the provider's own truth, whatever the books say.
fn can_take_money(world: &World) -> bool {
    world.case.attempts.iter().zip(&world.payments).any(|(attempt, payment)| {
        let reserved = payment.stage == Stage::Authorized && payment.sums.reserved().is_positive();
        can_be_approved(payment) || (reserved && !is_abandoned(attempt))
    })
}

fn can_be_approved(payment: &Payment) -> bool {
    payment.is_undecided() && payment.handed_out
}

fn is_abandoned(attempt: &Attempt) -> bool {
    attempt.state == AttemptState::Dead(End::Abandoned)
}

fn is_accounted_for(case: &Case, attempt: &Attempt) -> bool {
    let order = &case.order;
    let for_the_seat = case.registration.status == Status::Confirmed && !order.sale && !is_abandoned(attempt);
    let on_its_way =
        case.effects.iter().any(|effect| effect.attempt == attempt.id && effect.kind != EffectKind::Create);
    for_the_seat || on_its_way || order.check_at.is_some() || order.needs_attention.is_some()
}

fn is_open(case: &Case) -> bool {
    let order = &case.order;
    let payable = matches!(case.registration.status, Status::AwaitingPayment { .. });
    let live = case.attempts.iter().any(|attempt| attempt.state.is_live());
    let pending = case.refunds.iter().any(|refund| refund.status == RefundStatus::Pending);
    let gives_back = !case.registration.status.holds_seat() || order.sale || order.give_back_all;
    let unfinished = case.attempts.iter().any(|attempt| {
        let left = attempt.amounts.kept().is_positive() || attempt.amounts.reserved().is_positive();
        left && (gives_back || is_abandoned(attempt))
    });
    payable || live || pending || unfinished
}

fn grows(was: Amounts, is: Amounts) -> bool {
    was.authorized <= is.authorized
        && was.captured <= is.captured
        && was.refunded <= is.refunded
        && was.cancelled <= is.cancelled
}

fn rank(state: AttemptState) -> u8 {
    match state {
        AttemptState::Planned => 0,
        AttemptState::Sent => 1,
        AttemptState::Open => 2,
        AttemptState::Authorized => 3,
        AttemptState::Settled | AttemptState::Dead(_) => 4,
    }
}

fn revived(was: &Attempt, is: &Attempt) -> bool {
    is_abandoned(was) && matches!(is.state, AttemptState::Dead(_))
}

/// True unless the old answer changed what the books knew better already.
fn is_ignored(run: &Run, index: usize, past: Past) -> bool {
    let attempt = &run.before.attempts[index];
    let knew_better = match past {
        Past::NotThere => true,
        Past::Created => match attempt.state {
            AttemptState::Planned | AttemptState::Sent => false,
            AttemptState::Dead(End::Abandoned) => attempt.redirect_url.is_some(),
            AttemptState::Open | AttemptState::Authorized | AttemptState::Settled | AttemptState::Dead(_) => true,
        },
        Past::JustApproved => attempt.amounts.authorized.is_positive(),
    };
    let without = settle(run.before.clone(), &[], now());
    !knew_better || without == run.settled
}
