//! Every page in every state worth a look, one line each. The walks for axe-core and for the pictures go through this
//! table; a page that is not in it fails the test at the end.

use std::future::Future;
use std::pin::Pin;

use crate::scenes::{Stage, View};

/// A page in one state.
pub(crate) struct Sight {
    /// Its address, as the routes write it.
    pub(crate) page: &'static str,
    /// What it shows, in the names of files.
    pub(crate) name: &'static str,
    /// True when there is nothing but English on it.
    pub(crate) is_english: bool,
    /// True when it is so long that each look takes its time: a size for each of the colors is enough.
    pub(crate) is_long: bool,
    scene: for<'s> fn(&'s Stage) -> Scene<'s>,
}

type Scene<'s> = Pin<Box<dyn Future<Output = View> + 's>>;

impl Sight {
    /// Plays the scene that leads to it.
    pub(crate) async fn play(&self, stage: &Stage) -> View {
        (self.scene)(stage).await
    }
}

fn sight(page: &'static str, name: &'static str, scene: for<'s> fn(&'s Stage) -> Scene<'s>) -> Sight {
    Sight { page, name, is_english: false, is_long: false, scene }
}

fn english(page: &'static str, name: &'static str, scene: for<'s> fn(&'s Stage) -> Scene<'s>) -> Sight {
    Sight { is_english: true, ..sight(page, name, scene) }
}

/// What payers and other people without a login see.
pub(crate) fn payers_pages() -> Vec<Sight> {
    vec![
        sight("/pay/{token}", "pay-payable", |on| Box::pin(on.pay_payable())),
        sight("/pay/{token}", "pay-one-moment", |on| Box::pin(on.pay_one_moment())),
        sight("/pay/{token}", "pay-too-many-attempts", |on| Box::pin(on.pay_too_many_attempts())),
        sight("/pay/{token}", "pay-checking", |on| Box::pin(on.pay_checking())),
        sight("/pay/{token}", "pay-paid", |on| Box::pin(on.pay_paid())),
        sight("/pay/{token}", "pay-deadline-passed", |on| Box::pin(on.pay_deadline_passed())),
        sight("/pay/{token}", "pay-signed-off", |on| Box::pin(on.pay_signed_off())),
        sight("/pay/{token}", "pay-removed-money-on-its-way", |on| Box::pin(on.pay_removed_money_on_its_way())),
        sight("/pay/{token}", "pay-removed-money-back", |on| Box::pin(on.pay_removed_money_back())),
        sight("/pay/{token}", "pay-event-cancelled", |on| Box::pin(on.pay_event_cancelled())),
        sight("/pay/{token}", "pay-refunded", |on| Box::pin(on.pay_refunded())),
        sight("/pay/{token}", "pay-no-such-link", |on| Box::pin(on.pay_no_such_link())),
        sight("/pay/{token}/return", "return-checking", |on| Box::pin(on.return_checking())),
        sight("/pay/{token}/return", "return-paid", |on| Box::pin(on.return_paid())),
        sight("/pay/{token}/return", "return-not-paid", |on| Box::pin(on.return_not_paid())),
        sight("/pay/{token}/return", "return-deadline-passed", |on| Box::pin(on.return_deadline_passed())),
        sight("/pay/{token}/return", "return-ended", |on| Box::pin(on.return_ended())),
        sight("/pay/{token}/return", "return-refunded", |on| Box::pin(on.return_refunded())),
        sight("/landing", "vipps", |on| Box::pin(on.vipps())),
        sight("/landing", "vipps-card-refused", |on| Box::pin(on.vipps_card_refused())),
        sight("/landing", "vipps-over", |on| Box::pin(on.vipps_over())),
        sight("/landing", "vipps-unknown", |on| Box::pin(on.vipps_unknown())),
        sight("/pay/{token}/code", "pay-code", |on| Box::pin(on.pay_code())),
        sight("/pay/{token}", "card-wanted", |on| Box::pin(on.card_wanted())),
        sight("/pay/{token}", "card-not-registered-yet", |on| Box::pin(on.card_not_registered_yet())),
        sight("/pay/{token}", "card-on-file", |on| Box::pin(on.card_on_file())),
        sight("/pay/{token}/return", "card-being-charged", |on| Box::pin(on.card_being_charged())),
        sight("/pay/{token}/return", "card-declined", |on| Box::pin(on.card_declined())),
        sight("/askell/card", "askell-card-page", |on| Box::pin(on.card_page())),
        sight("/scan", "vipps-scan", |on| Box::pin(on.sandbox_scan())),
        sight("/phone", "vipps-phone", |on| Box::pin(on.sandbox_phone())),
        sight("/login", "login", |on| Box::pin(on.login())),
        sight("/login", "login-wrong-password", |on| Box::pin(on.login_wrong_password())),
        sight("/invite/{token}", "invite", |on| Box::pin(on.invite())),
        sight("/invite/{token}", "invite-too-short", |on| Box::pin(on.invite_too_short())),
        sight("/invite/{token}", "invite-saved", |on| Box::pin(on.invite_saved())),
        sight("/invite/{token}", "invite-expired", |on| Box::pin(on.invite_expired())),
        Sight { is_long: true, ..english("/docs", "docs", |on| Box::pin(on.docs())) },
        english("/docs/problems/{code}", "docs-problem", |on| Box::pin(on.docs_problem())),
    ]
}

/// What members see.
pub(crate) fn members_pages() -> Vec<Sight> {
    vec![
        sight("/", "start-empty", |on| Box::pin(on.start_empty())),
        sight("/", "start", |on| Box::pin(on.start())),
        sight("/", "start-with-own", |on| Box::pin(on.start_with_own())),
        sight("/events/{event_id}", "event-to-a-stranger", |on| Box::pin(on.event_to_a_stranger())),
        sight("/events/{event_id}", "event-full-to-a-stranger", |on| Box::pin(on.event_full_to_a_stranger())),
        sight("/events/{event_id}", "event-open", |on| Box::pin(on.event_open())),
        sight("/events/{event_id}", "event-open-free", |on| Box::pin(on.event_open_free())),
        sight("/events/{event_id}", "event-full", |on| Box::pin(on.event_full())),
        sight("/events/{event_id}", "event-not-open-yet", |on| Box::pin(on.event_not_open_yet())),
        sight("/events/{event_id}", "event-closed", |on| Box::pin(on.event_closed())),
        sight("/events/{event_id}", "event-without-sign-up", |on| Box::pin(on.event_without_sign_up())),
        sight("/events/{event_id}", "event-sign-up-over", |on| Box::pin(on.event_sign_up_over())),
        sight("/events/{event_id}", "event-too-late-to-pay", |on| Box::pin(on.event_too_late_to_pay())),
        sight("/events/{event_id}", "event-over", |on| Box::pin(on.event_over())),
        sight("/events/{event_id}", "event-cancelled", |on| Box::pin(on.event_cancelled())),
        sight("/events/{event_id}", "event-refused", |on| Box::pin(on.event_refused())),
        sight("/events/{event_id}", "event-held", |on| Box::pin(on.event_held())),
        sight("/events/{event_id}", "event-asking-vipps", |on| Box::pin(on.event_asking_vipps())),
        sight("/events/{event_id}", "event-paid", |on| Box::pin(on.event_paid())),
        sight("/events/{event_id}", "event-refunded", |on| Box::pin(on.event_refunded())),
        sight("/events/{event_id}", "event-seat", |on| Box::pin(on.event_seat())),
        sight("/events/{event_id}", "event-seat-for-good", |on| Box::pin(on.event_seat_for_good())),
        sight("/events/{event_id}", "event-had-a-seat", |on| Box::pin(on.event_had_a_seat())),
        sight("/events/{event_id}", "event-waiting", |on| Box::pin(on.event_waiting())),
        sight("/events/{event_id}", "event-waited-in-vain", |on| Box::pin(on.event_waited_in_vain())),
        sight("/events/{event_id}", "event-missed-deadline", |on| Box::pin(on.event_missed_deadline())),
        sight("/events/{event_id}", "event-signed-off", |on| Box::pin(on.event_signed_off())),
        sight("/events/{event_id}", "event-removed", |on| Box::pin(on.event_removed())),
        sight("/events/{event_id}/sign-off", "sign-off-held", |on| Box::pin(on.sign_off_held())),
        sight("/events/{event_id}/sign-off", "sign-off-seat", |on| Box::pin(on.sign_off_seat())),
        sight("/events/{event_id}/sign-off", "sign-off-queue", |on| Box::pin(on.sign_off_queue())),
        sight("/my", "my-empty", |on| Box::pin(on.own_empty())),
        sight("/my", "my", |on| Box::pin(on.own())),
        sight("/my/payments", "my-payments-empty", |on| Box::pin(on.payments_empty())),
        sight("/my/payments", "my-payments", |on| Box::pin(on.payments())),
        sight("/", "demo", |on| Box::pin(on.demo())),
        sight("/events/{event_id}", "demo-event", |on| Box::pin(on.demo_event())),
        sight("/letters", "letters-empty", |on| Box::pin(on.letters_empty())),
        sight("/letters", "letters", |on| Box::pin(on.letters())),
        sight("/letters/{number}", "letter", |on| Box::pin(on.letter())),
        sight("/letters/{number}/body", "letter-body", |on| Box::pin(on.letter_body())),
        sight("", "nothing-here", |on| Box::pin(on.nothing_here())),
        sight("", "nothing-here-for-a-member", |on| Box::pin(on.nothing_here_for_a_member())),
        sight("", "form-expired", |on| Box::pin(on.form_expired())),
    ]
}

/// What organizers and treasurers see.
pub(crate) fn organizers_pages() -> Vec<Sight> {
    let (event, order) = ("/manage/events/{event_id}", "/manage/orders/{order_id}");
    let (add, event_orders) = ("/manage/events/{event_id}/add", "/manage/events/{event_id}/orders");
    let log = "/manage/orders/{order_id}/log";
    let paid = "/manage/events/{event_id}/registrations/{user_id}/paid";
    let door = "/manage/events/{event_id}/registrations/{user_id}/door";
    let remove = "/manage/events/{event_id}/registrations/{user_id}/remove";
    vec![
        sight("/manage", "manage-empty", |on| Box::pin(on.manage_empty())),
        sight("/manage", "manage", |on| Box::pin(on.manage())),
        sight("/manage", "manage-past", |on| Box::pin(on.manage_past())),
        sight(event, "people-empty", |on| Box::pin(on.people_empty())),
        sight(event, "people", |on| Box::pin(on.people())),
        sight(event, "people-ended", |on| Box::pin(on.people_ended())),
        sight(event, "people-of-cancelled-event", |on| Box::pin(on.people_of_cancelled_event())),
        sight(event, "people-not-found", |on| Box::pin(on.people_not_found())),
        sight(event, "people-attended", |on| Box::pin(on.people_attended())),
        Sight { is_long: true, ..sight(event, "people-500", |on| Box::pin(on.people_500())) },
        sight(add, "add", |on| Box::pin(on.add())),
        sight(add, "add-found", |on| Box::pin(on.add_found())),
        sight(add, "add-not-found", |on| Box::pin(on.add_not_found())),
        sight(add, "add-without-reason", |on| Box::pin(on.add_without_reason())),
        sight(paid, "mark-paid", |on| Box::pin(on.mark_paid())),
        sight(paid, "mark-paid-without-reason", |on| Box::pin(on.mark_paid_without_reason())),
        sight(door, "door", |on| Box::pin(on.door())),
        sight(door, "door-wrong-number", |on| Box::pin(on.door_wrong_number())),
        sight(door, "door-waiting-for-scan", |on| Box::pin(on.door_waiting_for_scan())),
        sight(door, "door-on-the-phone", |on| Box::pin(on.door_on_the_phone())),
        sight(door, "door-not-reached", |on| Box::pin(on.door_not_reached())),
        sight(door, "door-paid", |on| Box::pin(on.door_paid())),
        sight(remove, "remove-paid", |on| Box::pin(on.remove_paid())),
        sight(remove, "remove-paid-as-treasurer", |on| Box::pin(on.remove_paid_as_treasurer())),
        sight(remove, "remove-waiting", |on| Box::pin(on.remove_waiting())),
        sight("/manage/books", "books-empty", |on| Box::pin(on.books_empty())),
        sight("/manage/books", "books", |on| Box::pin(on.books())),
        sight("/manage/orders", "orders-empty", |on| Box::pin(on.orders_empty())),
        sight("/manage/orders", "orders", |on| Box::pin(on.orders())),
        sight("/manage/orders", "orders-narrowed-to-nothing", |on| Box::pin(on.orders_narrowed_to_nothing())),
        sight(event_orders, "orders-of-event", |on| Box::pin(on.orders_of_event())),
        sight(order, "order-open", |on| Box::pin(on.order_open())),
        sight(order, "order-paid", |on| Box::pin(on.order_paid())),
        sight(order, "order-refund-too-large", |on| Box::pin(on.order_refund_too_large())),
        sight(order, "order-refunded", |on| Box::pin(on.order_refunded())),
        sight(order, "order-long-story", |on| Box::pin(on.order_long_story())),
        sight(order, "order-needs-a-look", |on| Box::pin(on.order_needs_a_look())),
        sight(order, "order-paid-elsewhere", |on| Box::pin(on.order_paid_elsewhere())),
        sight(log, "order-log", |on| Box::pin(on.order_log())),
        sight(log, "order-log-differs", |on| Box::pin(on.order_log_differs())),
        sight(log, "order-log-without-an-answer", |on| Box::pin(on.order_log_without_an_answer())),
        sight(log, "order-log-empty", |on| Box::pin(on.order_log_empty())),
        sight("/manage/operations", "operations-empty", |on| Box::pin(on.operations_empty())),
        sight("/manage/operations", "operations", |on| Box::pin(on.operations())),
    ]
}

/// What those see who manage the settings.
pub(crate) fn settings_pages() -> Vec<Sight> {
    let codes = "/manage/settings/sales-units/{sales_unit_id}/qrs";
    let (agreement, unit) =
        ("/manage/settings/agreements/{agreement_id}", "/manage/settings/sales-units/{sales_unit_id}");
    vec![
        sight("/manage/settings", "settings-of-the-house", |on| Box::pin(on.settings_of_the_house())),
        sight("/manage/settings", "settings", |on| Box::pin(on.settings())),
        sight(agreement, "agreement", |on| Box::pin(on.agreement())),
        sight(agreement, "agreement-of-the-house", |on| Box::pin(on.agreement_of_the_house())),
        sight(unit, "sales-unit", |on| Box::pin(on.sales_unit())),
        sight(codes, "codes-empty", |on| Box::pin(on.codes_empty())),
        sight(codes, "codes", |on| Box::pin(on.codes())),
        sight(unit, "sales-unit-without-an-answer", |on| Box::pin(on.sales_unit_without_an_answer())),
    ]
}

/// All of them.
fn all_pages() -> Vec<Sight> {
    [payers_pages(), members_pages(), organizers_pages(), settings_pages()].into_iter().flatten().collect()
}

/// Where listed addresses are no pages to look at: programs ask there, or it leads on at once, or to a file.
const NO_PAGES: &[&str] = &[
    "/api/",
    "/webhooks/",
    "/health/",
    "/assets/",
    "/language/",
    "/events/{event_id}/sign-up",
    "/letters/{number}/files/",
    "/manage/books/lines.",
    "/manage/events/{event_id}/qrs/",
];

#[test]
fn every_page_is_looked_at() {
    let seen = all_pages();
    let listed = plass::http::listed_routes().into_iter().chain(plass::http::listed_pages());
    for (path, methods) in listed {
        let is_page = methods.iter().any(|method| method == "GET") && !NO_PAGES.iter().any(|no| path.starts_with(no));
        assert!(!is_page || seen.iter().any(|sight| sight.page == path), "nobody looks at {path}");
    }
}

#[test]
fn every_sight_has_a_name_of_its_own_and_is_a_page_that_there_is() {
    let listed: Vec<String> = plass::http::listed_routes()
        .into_iter()
        .chain(plass::http::listed_pages())
        .map(|(path, _)| path)
        // The provider's pages, and no page at all.
        .chain(["/landing", "/scan", "/phone", "/askell/card", ""].map(str::to_owned))
        .collect();
    let mut names = std::collections::HashSet::new();
    for sight in all_pages() {
        assert!(names.insert(sight.name), "{} twice", sight.name);
        assert!(listed.iter().any(|path| path == sight.page), "there is no page {}", sight.page);
    }
}
