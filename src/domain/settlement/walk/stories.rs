//! The sentences of the design, each told as a way through the worlds of the walk.

use super::super::super::effect::EffectKind::{Capture, Close, Refund, Release};
use super::super::super::money::Ore;
use super::super::super::registration::Status;
use super::acts::take;
use super::steps::Step::{
    ClicksPay, CreateIsAnswered, CreateIsDoneAndWeCrash, CreateIsRefused, CreateLeaves, CreateNeverArrives,
    DeadlinePasses, IsMarkedPaid, IsRemoved, MinutePasses, MoneyCallIsAnswered, MoneyCallIsDoneAndLost,
    MoneyCallIsRefusedForGood, OlderAttemptDies, PayerAborts, PayerApproves, Poll, PortalCancels, PortalCaptures,
    PortalRefunds, RungLook, SessionExpires, SignsOff, StaleLook, TreasurerRefunds,
};
use super::steps::{Past, Scope, Step, possible};
use super::world::{World, now};

/// A payment that was made and handed to the payer.
const OPENED: [Step; 3] = [CreateLeaves(0), CreateIsAnswered(0), ClicksPay];
/// A seat that is paid and captured.
const PAID: [Step; 7] = [
    CreateLeaves(0),
    CreateIsAnswered(0),
    ClicksPay,
    PayerApproves(0),
    RungLook,
    MoneyCallIsAnswered(0, Capture),
    RungLook,
];

#[track_caller]
fn check(begin: &[Step], then: &[Step], expected: &str) {
    check_in(World::after_sign_up(false), begin, then, expected);
}

#[track_caller]
fn check_in(mut world: World, begin: &[Step], then: &[Step], expected: &str) {
    let scope = Scope { attempts_max: 2, portal: 2, refunds: true, mishaps: true };
    for step in begin.iter().chain(then) {
        assert!(possible(&world, scope).contains(step), "{step:?} cannot happen in\n{world}");
        take(&mut world, *step);
    }
    assert_eq!(told(&world), expected, "\n{world}");
}

/// Seat, order, attempts, what waits in the outbox, and the alarm.
fn told(world: &World) -> String {
    let case = &world.case;
    let mut words = vec![case.registration.status.word().to_owned()];
    if let Status::Ended(reason) = case.registration.status {
        words.push(reason.word().to_owned());
    }
    words.push(case.order.status.word().to_owned());
    words.extend(case.attempts.iter().map(|attempt| attempt.state.word().to_owned()));
    for effect in &case.effects {
        words.push(format!("{}{}", if effect.parked { "!" } else { "+" }, effect.kind.word()));
    }
    words.extend(case.refunds.iter().map(|refund| format!("refund {}", refund.status.word())));
    words.extend(case.order.needs_attention.iter().map(|attention| format!("attention: {}", attention.reason.word())));
    words.join(" ")
}

#[test]
fn the_seat_decides_to_take_the_money() {
    check(&OPENED, &[PayerApproves(0), RungLook], "confirmed RESERVED authorized +capture");
    check(&PAID, &[], "confirmed CAPTURE settled");
}

#[test]
fn who_gave_up_while_approving_is_not_charged() {
    check(&OPENED, &[PayerApproves(0), SignsOff, RungLook], "ended withdrawn RESERVED authorized +close");
    check(
        &OPENED,
        &[PayerApproves(0), SignsOff, RungLook, MoneyCallIsAnswered(0, Close), RungLook],
        "ended withdrawn RESERVED authorized +release",
    );
    check(
        &OPENED,
        &[
            PayerApproves(0),
            SignsOff,
            MoneyCallIsAnswered(0, Close),
            RungLook,
            MoneyCallIsAnswered(0, Release),
            RungLook,
        ],
        "ended withdrawn VOID settled",
    );
}

#[test]
fn a_late_payer_keeps_the_seat() {
    check(
        &OPENED,
        &[DeadlinePasses, Poll, PayerApproves(0), MoneyCallIsAnswered(0, Close), RungLook],
        "confirmed RESERVED authorized +capture",
    );
}

#[test]
fn the_seat_stays_held_until_the_provider_says_dead() {
    check(&OPENED, &[DeadlinePasses, Poll], "awaiting_payment INITIATE open +close");
    check(&OPENED, &[DeadlinePasses, Poll, MoneyCallIsAnswered(0, Close)], "awaiting_payment INITIATE open");
    check(&OPENED, &[DeadlinePasses, Poll, MoneyCallIsAnswered(0, Close), RungLook], "ended unpaid CANCEL terminated");
}

#[test]
fn without_a_live_attempt_the_deadline_needs_no_call() {
    check(&[], &[DeadlinePasses, Poll], "ended unpaid CANCEL abandoned");
    check(&OPENED, &[PayerAborts(0), Poll, DeadlinePasses, Poll], "ended unpaid CANCEL aborted");
}

#[test]
fn an_attempt_that_ends_early_ends_only_the_attempt() {
    check(&OPENED, &[PayerAborts(0), RungLook], "awaiting_payment INITIATE aborted");
    check(&OPENED, &[SessionExpires(0), RungLook, ClicksPay], "awaiting_payment INITIATE expired planned +create");
}

#[test]
fn an_old_session_is_given_up_and_not_handed_out() {
    check(&OPENED, &[ClicksPay], "awaiting_payment INITIATE open +close");
}

#[test]
fn a_404_counts_a_minute_after_the_create_and_not_while_it_waits() {
    let sent = [CreateLeaves(0), CreateNeverArrives(0)];
    check(&sent, &[MinutePasses, RungLook], "awaiting_payment INITIATE sent +create");
    let never = [CreateLeaves(0), CreateNeverArrives(0), SignsOff];
    check(&never, &[RungLook], "ended withdrawn INITIATE sent");
    check(&never, &[MinutePasses, RungLook], "ended withdrawn CANCEL abandoned");
}

#[test]
fn a_call_under_way_is_no_404_either() {
    check(&[CreateLeaves(0)], &[SignsOff, RungLook], "ended withdrawn INITIATE sent");
    check(&[MinutePasses, CreateLeaves(0)], &[SignsOff, RungLook], "ended withdrawn INITIATE sent");
}

#[test]
fn a_late_201_is_closed() {
    let abandoned = [CreateLeaves(0), SignsOff, MinutePasses, RungLook];
    check(&abandoned, &[], "ended withdrawn CANCEL abandoned");
    check(&abandoned, &[CreateIsAnswered(0)], "ended withdrawn CANCEL abandoned +close");
    check(
        &abandoned,
        &[CreateIsAnswered(0), MoneyCallIsAnswered(0, Close), RungLook],
        "ended withdrawn CANCEL terminated",
    );
}

#[test]
fn money_on_an_abandoned_attempt_is_given_back_and_closes_nothing() {
    let approved = [CreateLeaves(0), SignsOff, MinutePasses, RungLook, CreateIsDoneAndWeCrash(0), PayerApproves(0)];
    check(&approved, &[RungLook], "ended withdrawn RESERVED abandoned +release");
    check(&approved, &[RungLook, MoneyCallIsAnswered(0, Release), RungLook], "ended withdrawn VOID abandoned");
}

#[test]
fn a_refused_create_leaves_the_seat_payable() {
    check(&[CreateLeaves(0)], &[CreateIsRefused(0)], "awaiting_payment INITIATE abandoned");
}

#[test]
fn marked_paid_means_that_the_open_attempt_is_given_up() {
    check(&[], &[IsMarkedPaid], "confirmed SALE abandoned");
    check(&OPENED, &[IsMarkedPaid], "confirmed SALE open +close");
    check(
        &OPENED,
        &[PayerApproves(0), IsMarkedPaid, MoneyCallIsAnswered(0, Close), RungLook],
        "confirmed SALE authorized +release",
    );
}

#[test]
fn a_removal_gives_everything_back() {
    check(&PAID, &[IsRemoved], "ended removed CAPTURE settled +refund");
    check(&PAID, &[IsRemoved, MoneyCallIsAnswered(0, Refund), RungLook], "ended removed REFUND settled");
    check(
        &PAID[..5],
        &[IsRemoved, MoneyCallIsDoneAndLost(0, Capture), RungLook],
        "ended removed CAPTURE settled +capture",
    );
}

#[test]
fn a_refund_is_done_when_the_provider_shows_it_and_takes_no_seat() {
    check(&PAID, &[TreasurerRefunds], "confirmed CAPTURE settled +refund refund pending");
    check(&PAID, &[TreasurerRefunds, MoneyCallIsAnswered(0, Refund)], "confirmed CAPTURE settled refund pending");
    check(
        &PAID,
        &[TreasurerRefunds, MoneyCallIsAnswered(0, Refund), RungLook],
        "confirmed CAPTURE settled refund done",
    );
    check(
        &PAID,
        &[TreasurerRefunds, MoneyCallIsRefusedForGood(0, Refund)],
        "confirmed CAPTURE settled refund refused attention: refund_refused",
    );
}

#[test]
fn a_refund_in_the_portal_carries_out_no_wish() {
    let wished = [&PAID[..], &[TreasurerRefunds]].concat();
    // As much as was wished, while the wish is under way: both happened.
    check(&wished, &[PortalRefunds(0, Ore(30)), RungLook], "confirmed CAPTURE settled +refund refund pending");
    check(
        &wished,
        &[PortalRefunds(0, Ore(30)), RungLook, MoneyCallIsAnswered(0, Refund), RungLook],
        "confirmed CAPTURE settled refund done",
    );
    // All of it: nothing is left for the wish, and nobody needs to look.
    check(
        &wished,
        &[PortalRefunds(0, Ore(100)), MoneyCallIsAnswered(0, Refund), RungLook],
        "confirmed REFUND settled refund refused",
    );
    // The wish was carried out unheard, and then the rest went back in the portal.
    check(
        &wished,
        &[MoneyCallIsDoneAndLost(0, Refund), PortalRefunds(0, Ore(70)), MoneyCallIsAnswered(0, Refund), RungLook],
        "confirmed REFUND settled refund done",
    );
}

#[test]
fn a_wish_that_waits_is_covered_by_what_we_give_back_and_not_by_the_portal() {
    let waits = [&PAID[..], &[IsRemoved, TreasurerRefunds]].concat();
    check(&waits, &[], "ended removed CAPTURE settled +refund refund pending");
    check(&waits, &[MoneyCallIsAnswered(0, Refund), RungLook], "ended removed REFUND settled refund done");
    check(
        &waits,
        &[PortalRefunds(0, Ore(100)), MoneyCallIsAnswered(0, Refund), RungLook],
        "ended removed REFUND settled refund refused",
    );
}

#[test]
fn a_treasurer_may_still_refund_when_giving_back_is_parked() {
    check(
        &PAID,
        &[IsRemoved, MoneyCallIsRefusedForGood(0, Refund), TreasurerRefunds],
        "ended removed CAPTURE settled !refund +refund refund pending attention: refund_refused",
    );
}

#[test]
fn vanished_money_never_unmakes_a_seat() {
    check(
        &OPENED,
        &[PayerApproves(0), RungLook, PortalCancels(0), MoneyCallIsAnswered(0, Capture), RungLook],
        "confirmed VOID settled attention: payment_vanished",
    );
    check(
        &OPENED,
        &[PayerApproves(0), RungLook, PortalCaptures(0, Ore(40)), PortalCancels(0), RungLook],
        "confirmed CAPTURE settled +capture attention: payment_vanished",
    );
}

#[test]
fn money_taken_by_hand_counts_for_the_seat() {
    check(&OPENED, &[PayerApproves(0), PortalCaptures(0, Ore(40)), RungLook], "confirmed CAPTURE authorized +capture");
}

#[test]
fn money_that_does_not_pay_the_seat_goes_back_with_it() {
    check(
        &OPENED,
        &[PayerApproves(0), PortalCaptures(0, Ore(100)), PortalRefunds(0, Ore(30)), DeadlinePasses, Poll],
        "ended unpaid CAPTURE settled +refund",
    );
}

#[test]
fn an_old_answer_is_ignored_in_silence() {
    check(&PAID, &[StaleLook(0, Past::Created)], "confirmed CAPTURE settled");
    check(&PAID, &[StaleLook(0, Past::JustApproved)], "confirmed CAPTURE settled");
    check(&PAID, &[StaleLook(0, Past::NotThere)], "confirmed CAPTURE settled");
}

#[track_caller]
fn check_next_look(begin: &[Step], then: &[Step], expected: Option<i64>) {
    let mut world = World::after_sign_up(false);
    for step in begin.iter().chain(then) {
        take(&mut world, *step);
    }
    let next = world.case.order.check_at.map(|at| (at - now()).num_seconds());
    assert_eq!(next, expected, "\n{world}");
}

#[test]
fn the_next_look_is_the_poll_or_the_deadline_and_routine_at_rest() {
    check_next_look(&[], &[], Some(7_200));
    check_next_look(&[CreateLeaves(0)], &[], Some(60));
    check_next_look(&OPENED[..2], &[], Some(605));
    check_next_look(&OPENED, &[], Some(5));
    check_next_look(&OPENED, &[PayerAborts(0), RungLook], Some(7_200));
    check_next_look(&OPENED, &[DeadlinePasses, Poll], Some(60));
    check_next_look(&OPENED, &[PayerApproves(0), RungLook], Some(60));
    // An hour, and what its id adds to that.
    check_next_look(&PAID, &[], Some(3_601));
    check_next_look(&PAID, &[TreasurerRefunds], Some(60));
    check_next_look(&PAID, &[IsRemoved, MoneyCallIsAnswered(0, Refund), RungLook], None);
    check_next_look(&PAID, &[IsRemoved, MoneyCallIsRefusedForGood(0, Refund), RungLook], Some(900));
    check_next_look(&[], &[DeadlinePasses, Poll], None);
}

#[test]
fn a_new_order_waits_until_the_old_attempt_is_dead() {
    let new_order = World::after_sign_up(true);
    check_in(new_order.clone(), &[], &[], "awaiting_payment INITIATE planned");
    check_in(new_order.clone(), &[OlderAttemptDies], &[], "awaiting_payment INITIATE planned +create");
    check_in(new_order, &[DeadlinePasses, Poll], &[OlderAttemptDies], "ended unpaid CANCEL abandoned");
}
