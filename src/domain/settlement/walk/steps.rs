//! Everything that can happen to a world: the payer, the provider, the portal, the outbox, looks, people and time, and
//! when it can.

use super::super::super::attempt::{AttemptState, End};
use super::super::super::effect::EffectKind;
use super::super::super::money::Ore;
use super::super::super::order;
use super::super::super::registration::Status;
use super::super::super::snapshot::Snapshot;
use super::provider::{PRICE, Payment, Stage};
use super::world::{World, attempt_id, now};

/// What the treasurer wishes to give back.
pub(super) const WISH: Ore = Ore(30);
/// What somebody takes by hand in the provider's portal.
const PART: Ore = Ore(40);

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) attempts_max: usize,
    /// How many of them people also act on in the provider's portal.
    pub(super) portal: usize,
    /// True when the treasurer refunds.
    pub(super) refunds: bool,
    /// True when answers are lost or old, calls are refused for good, and we crash.
    pub(super) mishaps: bool,
}

/// One thing that happens. The number is the attempt's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    PayerApproves(usize),
    BankThinks(usize),
    PayerAborts(usize),
    SessionExpires(usize),
    PortalCaptures(usize, Ore),
    PortalRefunds(usize, Ore),
    PortalCancels(usize),
    CreateLeaves(usize),
    CreateIsAnswered(usize),
    CreateIsLost(usize),
    CreateIsDoneAndWeCrash(usize),
    CreateNeverArrives(usize),
    CreateIsRefused(usize),
    MoneyCallIsAnswered(usize, EffectKind),
    MoneyCallIsDoneAndLost(usize, EffectKind),
    MoneyCallIsRefusedForGood(usize, EffectKind),
    RungLook,
    Poll,
    StaleLook(usize, Past),
    SignsOff,
    IsRemoved,
    IsMarkedPaid,
    TreasurerRefunds,
    ClicksPay,
    IsGivenUp(usize),
    DeadlinePasses,
    MinutePasses,
    OlderAttemptDies,
}

/// What the provider once answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Past {
    NotThere,
    Created,
    JustApproved,
}

impl Past {
    /// The answer it gave then.
    pub(super) fn snapshot(self) -> Option<Snapshot> {
        let mut payment = Payment::absent();
        match self {
            Self::NotThere => {}
            Self::Created => payment.create(),
            Self::JustApproved => payment.approve(),
        }
        payment.snapshot()
    }
}

/// Everything that can happen now.
pub(super) fn possible(world: &World, scope: Scope) -> Vec<Step> {
    let mut steps = vec![Step::RungLook];
    for index in 0..world.payments.len() {
        of_payment(world, scope, index, &mut steps);
        of_outbox(world, index, &mut steps);
    }
    let order = &world.case.order;
    if order.check_at.is_some() && !world.is_rung() {
        steps.push(Step::Poll);
    }
    match world.case.registration.status {
        Status::AwaitingPayment { payment_expiredate } => {
            steps.extend([Step::SignsOff, Step::IsMarkedPaid]);
            if payment_expiredate > now() {
                steps.push(Step::DeadlinePasses);
            }
            let (attempts, last) = (&world.case.attempts, world.case.attempts.last().unwrap());
            let may_plan = attempts.len() < scope.attempts_max || matches!(last.state, AttemptState::Open);
            if world.is_payable() && may_plan {
                steps.push(Step::ClicksPay);
            }
        }
        Status::Confirmed => steps.push(Step::IsRemoved),
        Status::Waitlisted { .. } | Status::Ended(_) => {}
    }
    let case = &world.case;
    let refundable = order::refundable(order, &case.attempts, &case.refunds);
    if scope.refunds && case.refunds.is_empty() && !order.sale && refundable >= WISH {
        steps.push(Step::TreasurerRefunds);
    }
    if world.is_recent() {
        steps.push(Step::MinutePasses);
    }
    if world.older_is_live {
        steps.push(Step::OlderAttemptDies);
    }
    steps.retain(|step| scope.mishaps || !is_mishap(*step));
    steps
}

fn is_mishap(step: Step) -> bool {
    matches!(
        step,
        Step::CreateIsLost(_)
            | Step::CreateIsDoneAndWeCrash(_)
            | Step::CreateNeverArrives(_)
            | Step::CreateIsRefused(_)
            | Step::MoneyCallIsDoneAndLost(..)
            | Step::MoneyCallIsRefusedForGood(..)
    )
}

fn of_payment(world: &World, scope: Scope, index: usize, steps: &mut Vec<Step>) {
    let payment = &world.payments[index];
    let sums = payment.sums;
    let abandoned = world.case.attempts[index].state == AttemptState::Dead(End::Abandoned);
    // Nobody was given the address of an abandoned payment; should somebody approve it all the same, it is given back.
    if payment.is_undecided() && (payment.handed_out || (abandoned && index < scope.portal)) {
        steps.push(Step::PayerApproves(index));
    }
    let attempt = &world.case.attempts[index];
    let waits = matches!(attempt.state, AttemptState::Planned | AttemptState::Sent) && !attempt.giving_up;
    if index == 0 && waits && world.is_payable() {
        steps.push(Step::IsGivenUp(index));
    }
    if payment.stage == Stage::Created && payment.handed_out {
        steps.extend([Step::PayerAborts(index), Step::BankThinks(index)]);
    }
    if payment.stage == Stage::Created {
        steps.push(Step::SessionExpires(index));
    }
    if index >= scope.portal {
        return;
    }
    for (past, possible) in [
        (Past::NotThere, payment.stage != Stage::Absent),
        (Past::Created, payment.stage != Stage::Absent && !payment.is_undecided()),
        (Past::JustApproved, payment.stage == Stage::Authorized && (sums.reserved() < PRICE)),
    ] {
        if possible && scope.mishaps {
            steps.push(Step::StaleLook(index, past));
        }
    }
    if payment.stage == Stage::Authorized && sums.reserved().is_positive() {
        steps.push(Step::PortalCancels(index));
        steps.push(Step::PortalCaptures(index, sums.reserved()));
        if sums.captured == Ore::ZERO {
            steps.push(Step::PortalCaptures(index, PART));
        }
    }
    if sums.kept().is_positive() {
        steps.push(Step::PortalRefunds(index, sums.kept()));
        if sums.refunded == Ore::ZERO && scope.refunds {
            steps.push(Step::PortalRefunds(index, WISH));
        }
    }
}

fn of_outbox(world: &World, index: usize, steps: &mut Vec<Step>) {
    let id = attempt_id(index);
    if world.flying[index] {
        steps.extend([
            Step::CreateIsAnswered(index),
            Step::CreateIsLost(index),
            Step::CreateIsDoneAndWeCrash(index),
            Step::CreateNeverArrives(index),
        ]);
        if world.payments[index].stage == Stage::Absent {
            steps.push(Step::CreateIsRefused(index));
        }
    }
    for effect in world.case.effects.iter().filter(|effect| effect.attempt == id && !effect.parked) {
        match effect.kind {
            EffectKind::Create if !world.flying[index] => steps.push(Step::CreateLeaves(index)),
            EffectKind::Create | EffectKind::Letter => {}
            EffectKind::Close | EffectKind::Capture | EffectKind::Release | EffectKind::Refund => {
                steps.push(Step::MoneyCallIsAnswered(index, effect.kind));
                let call =
                    world.calls.iter().find(|call| call.attempt == id && call.act.kind() == effect.kind).unwrap();
                if !call.done {
                    steps.push(Step::MoneyCallIsDoneAndLost(index, effect.kind));
                    if matches!(effect.kind, EffectKind::Capture | EffectKind::Refund) {
                        steps.push(Step::MoneyCallIsRefusedForGood(index, effect.kind));
                    }
                }
            }
        }
    }
}
