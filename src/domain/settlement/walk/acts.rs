//! What a step leads to, as the flows, the outbox and the provider do it.

use super::super::super::attempt::{AttemptState, End, Sighting};
use super::super::super::attention::AttentionReason;
use super::super::super::effect::{EffectKind, MoneyAct};
use super::super::super::ids::RefundId;
use super::super::super::order::{Refund, RefundStatus};
use super::super::super::registration::{EndedReason, Status};
use super::super::super::snapshot::Amounts;
use super::provider::{No, Payment, Stage, WISH_ID};
use super::steps::{Step, WISH};
use super::world::{Run, World, a_minute_ago, attempt_id, now};
use chrono::TimeDelta;

/// One reason stands for all: what follows does not depend on it.
const REFUSED: AttentionReason = AttentionReason::RefundRefused;

/// Takes a step. Answers the run of `settle` that was part of it, if any.
pub(super) fn take(world: &mut World, step: Step) -> Option<Run> {
    match step {
        Step::PayerApproves(index) => at_provider(world, index, Payment::approve),
        Step::BankThinks(index) => at_provider(world, index, |payment| payment.stage = Stage::Processing),
        Step::PayerAborts(index) => at_provider(world, index, |payment| payment.stage = Stage::Aborted),
        Step::SessionExpires(index) => at_provider(world, index, |payment| payment.stage = Stage::Expired),
        Step::PortalCaptures(index, amount) => at_provider(world, index, |payment| payment.capture(amount).unwrap()),
        Step::PortalRefunds(index, amount) => at_provider(world, index, |payment| payment.refund_elsewhere(amount)),
        Step::PortalCancels(index) => at_provider(world, index, |payment| payment.release().unwrap()),
        Step::CreateLeaves(index) => Some(create_leaves(world, index)),
        Step::CreateIsAnswered(index) => Some(create_is_answered(world, index)),
        Step::CreateIsLost(index) => {
            world.payments[index].create();
            Some(create_ends(world, index))
        }
        Step::CreateNeverArrives(index) => Some(create_ends(world, index)),
        Step::CreateIsDoneAndWeCrash(index) => {
            world.payments[index].create();
            world.flying[index] = false;
            None
        }
        Step::CreateIsRefused(index) => Some(create_is_refused(world, index)),
        Step::MoneyCallIsAnswered(index, kind) => money_call(world, index, kind),
        Step::MoneyCallIsDoneAndLost(index, kind) => {
            let call = world.calls.iter().position(|call| call.attempt == attempt_id(index) && call.act.kind() == kind);
            let act = world.calls[call.unwrap()].act;
            world.calls[call.unwrap()].done = perform(&mut world.payments[index], act).is_ok();
            None
        }
        Step::MoneyCallIsRefusedForGood(index, kind) => refuse(world, index, kind, Some(REFUSED)),
        Step::RungLook => Some(world.look(true)),
        Step::Poll => Some(world.look(false)),
        Step::StaleLook(index, past) => {
            // Asked before the provider had anything newer to say.
            let asked_at = now() - TimeDelta::hours(1);
            let (attempt, seen) = (attempt_id(index), past.snapshot());
            let sighting = Sighting { attempt, asked_at, seen, moved: Vec::new() };
            Some(world.settle(vec![sighting]))
        }
        Step::SignsOff => Some(end(world, EndedReason::Withdrawn)),
        Step::IsRemoved => Some(end(world, EndedReason::Removed)),
        Step::IsMarkedPaid => {
            world.case.registration.status = Status::Confirmed;
            world.case.order.sale = true;
            Some(world.settle(vec![]))
        }
        Step::TreasurerRefunds => Some(treasurer_refunds(world)),
        Step::ClicksPay => Some(clicks_pay(world)),
        Step::IsGivenUp(index) => {
            world.case.attempts[index].giving_up = true;
            Some(world.settle(vec![]))
        }
        Step::DeadlinePasses => {
            world.case.registration.status = Status::AwaitingPayment { payment_expiredate: now() };
            None
        }
        Step::MinutePasses => {
            for attempt in &mut world.case.attempts {
                attempt.created_at = a_minute_ago();
                attempt.session_began_at = attempt.session_began_at.map(|_| a_minute_ago());
                attempt.create_ended_at = attempt.create_ended_at.map(|_| a_minute_ago());
            }
            None
        }
        Step::OlderAttemptDies => {
            world.older_is_live = false;
            world.start_waiting_attempt();
            None
        }
    }
}

fn at_provider(world: &mut World, index: usize, happens: impl FnOnce(&mut Payment)) -> Option<Run> {
    happens(&mut world.payments[index]);
    // Nobody polls what is abandoned or settled: the webhook is its only witness. For the others it may be lost.
    if !world.case.attempts[index].state.is_live() {
        world.ring();
    }
    None
}

fn create_leaves(world: &mut World, index: usize) -> Run {
    let wanted = world.is_payable() && !world.case.attempts[index].giving_up;
    let others_live = world.older_is_live || world.has_live();
    let may_go = match world.case.attempts[index].state {
        AttemptState::Planned => wanted && !others_live,
        AttemptState::Sent => wanted,
        AttemptState::Open | AttemptState::Authorized | AttemptState::Settled | AttemptState::Dead(_) => false,
    };
    if may_go {
        let attempt = &mut world.case.attempts[index];
        attempt.state = AttemptState::Sent;
        attempt.session_began_at.get_or_insert(now());
        world.flying[index] = true;
    } else {
        world.remove_effect(attempt_id(index), EffectKind::Create);
    }
    world.settle(vec![])
}

fn create_is_answered(world: &mut World, index: usize) -> Run {
    world.payments[index].create();
    world.remove_effect(attempt_id(index), EffectKind::Create);
    let attempt = &mut world.case.attempts[index];
    attempt.redirect_url = Some("url".to_owned());
    if attempt.state == AttemptState::Sent {
        attempt.state = AttemptState::Open;
    }
    create_ends(world, index)
}

fn create_is_refused(world: &mut World, index: usize) -> Run {
    world.remove_effect(attempt_id(index), EffectKind::Create);
    let attempt = &mut world.case.attempts[index];
    if attempt.state == AttemptState::Sent {
        attempt.state = AttemptState::Dead(End::Abandoned);
    }
    create_ends(world, index)
}

fn create_ends(world: &mut World, index: usize) -> Run {
    world.flying[index] = false;
    world.case.attempts[index].create_ended_at = Some(now());
    world.settle(vec![])
}

fn perform(payment: &mut Payment, act: MoneyAct) -> Result<(), No> {
    match act {
        MoneyAct::Close => payment.close(),
        MoneyAct::Release => payment.release(),
        MoneyAct::Capture(amount) => payment.capture(amount).inspect(|()| payment.taken = payment.taken + amount),
        MoneyAct::Refund { amount, refund: None } => payment.refund(amount),
        MoneyAct::Refund { amount, refund: Some(_) } => {
            payment.refund(amount).inspect(|()| payment.wished = payment.wished + amount)
        }
    }
}

fn money_call(world: &mut World, index: usize, kind: EffectKind) -> Option<Run> {
    let id = attempt_id(index);
    let call = *world.calls.iter().find(|call| call.attempt == id && call.act.kind() == kind).unwrap();
    let result = if call.done { Ok(()) } else { perform(&mut world.payments[index], call.act) };
    // Before a refund is given up the provider is asked whether somebody gave the money back elsewhere.
    let (known, truth): (Amounts, Amounts) = (world.case.attempts[index].amounts, world.payments[index].sums);
    let is_moved = matches!(call.act, MoneyAct::Refund { refund: None, .. }) && truth.kept() != known.kept();
    // Less is left than the wish asks for: that needs nobody.
    let is_wish = matches!(call.act, MoneyAct::Refund { refund: Some(_), .. });
    let alarm = (!is_wish).then_some(REFUSED);
    match result {
        Err(No::Busy) => return None,
        Err(No::Never) if !is_moved => return refuse(world, index, kind, alarm),
        Ok(()) | Err(No::Moved | No::Never) => world.remove_effect(id, kind),
    }
    world.ring();
    None
}

fn refuse(world: &mut World, index: usize, kind: EffectKind, alarm: Option<AttentionReason>) -> Option<Run> {
    let id = attempt_id(index);
    let open = world.case.effects.iter_mut().filter(|effect| !effect.parked);
    let effect = open.into_iter().find(|effect| effect.attempt == id && effect.kind == kind).unwrap();
    if let Some(wish) = effect.refund {
        world.remove_effect(id, kind);
        for refund in world.case.refunds.iter_mut().filter(|refund| refund.id == wish) {
            refund.status = RefundStatus::Refused;
        }
    } else {
        effect.parked = true;
        world.calls.retain(|call| call.attempt != id || call.act.kind() != kind);
    }
    alarm.into_iter().for_each(|reason| world.alarm(reason));
    let run = world.settle(vec![]);
    world.ring();
    Some(run)
}

fn end(world: &mut World, reason: EndedReason) -> Run {
    world.case.registration.status = Status::Ended(reason);
    world.case.order.give_back_all = true;
    world.settle(vec![])
}

fn treasurer_refunds(world: &mut World) -> Run {
    world.case.refunds.push(Refund {
        id: RefundId(WISH_ID),
        amount: WISH,
        reason: String::new(),
        status: RefundStatus::Pending,
        refunded_before: None,
        requested_by: None,
        created_at: now(),
    });
    world.settle(vec![])
}

/// A session that nobody opened is handed out, one that was opened is given up, and without one another is planned.
fn clicks_pay(world: &mut World) -> Run {
    let current = world.case.attempts.iter().rposition(|a| a.state.is_live() || a.state == AttemptState::Planned);
    match current {
        None => world.plan_attempt(),
        Some(index) => {
            let attempt = &mut world.case.attempts[index];
            if attempt.state == AttemptState::Open && !attempt.giving_up {
                if attempt.opened_at.is_none() && attempt.redirect_url.is_some() {
                    attempt.opened_at = Some(now());
                    world.payments[index].handed_out = true;
                } else {
                    attempt.giving_up = true;
                }
            }
        }
    }
    world.settle(vec![])
}
