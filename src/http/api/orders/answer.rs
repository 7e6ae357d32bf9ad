//! Orders and their story as the API writes them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::clock::Timestamp;
use crate::domain::attempt::Attempt;
use crate::domain::attention::{self, Act};
use crate::domain::ids::{EventId, OrderId, RefundId, SalesUnitId, UserId};
use crate::domain::order::{self, Refund};
use crate::domain::registration::Status;
use crate::flows::open_case::is_payable;
use crate::http::api::registrations::PersonAnswer;
use crate::http::values::{Stamp, Sum};
use crate::http::words::{
    ActWord, ActorKindWord, AttemptStateWord, AttentionReasonWord, CurrencyWord, HappeningWord, OrderStatusWord,
    RefundStatusWord,
};
use crate::http::written;
use crate::store::orders::OrderView;
use crate::store::trail::TrailLine;

/// What is owed for one seat, and what became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub(crate) struct OrderAnswer<'o> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    order_id: OrderId,
    /// What it is for.
    event: OrderedEvent<'o>,
    /// Who owes.
    user: PersonAnswer<'o>,
    /// What the sums say.
    #[schema(value_type = OrderStatusWord)]
    status: &'static str,
    /// How much; fixed when the order was made.
    price: Sum,
    /// The currency of all its amounts.
    #[schema(value_type = CurrencyWord)]
    currency: &'static str,
    /// The sales unit that the money goes to; the order keeps it when its event changes.
    #[schema(value_type = uuid::Uuid)]
    sales_unit: SalesUnitId,
    /// True when no money is real: the books do not count it.
    test_mode: bool,
    /// What happened to the money.
    amounts: AmountsAnswer,
    /// Where it can be paid; null unless it can be paid now.
    #[schema(required, format = "uri")]
    payment_link: Option<String>,
    /// Until when it must be paid; null unless awaiting payment.
    #[schema(required)]
    payment_expiredate: Option<Stamp>,
    /// What a person must look at; null when there is nothing.
    #[schema(required)]
    needs_attention: Option<AttentionAnswer>,
    /// The payments at the provider, oldest first.
    attempts: Vec<AttemptAnswer<'o>>,
    /// The refunds, oldest first.
    refunds: Vec<RefundAnswer<'o>>,
    /// When it was made.
    created_at: Stamp,
}

/// The event of an order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderedEvent<'o> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    id: EventId,
    /// Its title.
    title: &'o str,
}

/// Sums over the attempts that were authorized.
#[derive(Serialize, ToSchema)]
#[schema(as = Amounts)]
pub(crate) struct AmountsAnswer {
    /// What payers approved.
    authorized: Sum,
    /// What was taken.
    captured: Sum,
    /// What was given back.
    refunded: Sum,
    /// What was released without being taken.
    cancelled: Sum,
}

/// Something a person must look at.
#[derive(Serialize, ToSchema)]
#[schema(as = Attention)]
pub(crate) struct AttentionAnswer {
    /// What, as a stable code.
    #[schema(value_type = AttentionReasonWord)]
    reason: &'static str,
    /// Since when.
    since: Stamp,
    /// What can be done about it with `POST /orders/{order_id}/resolve`, the proposed act first.
    #[schema(value_type = Vec<ActWord>)]
    acts: Vec<&'static str>,
}

/// One payment at the provider.
#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptAnswer<'o> {
    /// Its name at the provider.
    reference: &'o str,
    /// Where it stands.
    #[schema(value_type = AttemptStateWord)]
    state: &'static str,
    /// When it was planned.
    created_at: Stamp,
}

/// Money on its way back.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundAnswer<'o> {
    /// Its id.
    #[schema(value_type = uuid::Uuid)]
    refund_id: RefundId,
    /// How much.
    amount: Sum,
    /// Where it stands.
    #[schema(value_type = RefundStatusWord)]
    status: &'static str,
    /// Why, in the words of whoever asked for it.
    reason: &'o str,
    /// When it was asked for.
    created_at: Stamp,
}

fn write_attempt(attempt: &Attempt) -> AttemptAnswer<'_> {
    AttemptAnswer {
        reference: attempt.reference.as_str(),
        state: attempt.state.word(),
        created_at: Stamp(attempt.created_at),
    }
}

fn write_refund(refund: &Refund) -> RefundAnswer<'_> {
    RefundAnswer {
        refund_id: refund.id,
        amount: Sum(refund.amount),
        status: refund.status.word(),
        reason: &refund.reason,
        created_at: Stamp(refund.created_at),
    }
}

/// How an order goes out.
pub(crate) fn write_order(view: &OrderView, public_url: &str, now: Timestamp) -> Value {
    let order = &view.order;
    let sums = order::sums(order, &view.attempts, &view.refunds);
    let payable = is_payable(&view.registration, order, now);
    let payment_expiredate = match view.registration {
        Status::AwaitingPayment { payment_expiredate } => Some(payment_expiredate),
        Status::Waitlisted { .. } | Status::Confirmed | Status::Ended(_) => None,
    };
    let needs_attention = order.needs_attention.as_ref();
    let acts = attention::acts(order, &view.registration, &view.attempts);
    written(&OrderAnswer {
        order_id: order.id,
        event: OrderedEvent { id: order.event_id, title: &view.event_title },
        user: PersonAnswer { user_id: order.user_id, first_name: &view.first_name, last_name: &view.last_name },
        status: order.status.word(),
        price: Sum(order.price.amount),
        currency: order.price.currency.code(),
        sales_unit: order.sales_unit,
        test_mode: order.test_mode,
        amounts: AmountsAnswer {
            authorized: Sum(sums.authorized),
            captured: Sum(sums.captured),
            refunded: Sum(sums.refunded),
            cancelled: Sum(sums.cancelled),
        },
        payment_link: payable.then(|| format!("{public_url}/pay/{}", order.pay_token)),
        payment_expiredate: payment_expiredate.map(Stamp),
        needs_attention: needs_attention.map(|attention| AttentionAnswer {
            reason: attention.reason.word(),
            since: Stamp(attention.since),
            acts: acts.into_iter().map(Act::word).collect(),
        }),
        attempts: view.attempts.iter().map(write_attempt).collect(),
        refunds: view.refunds.iter().map(write_refund).collect(),
        created_at: Stamp(order.created_at),
    })
}

/// One line of an order's story.
#[derive(Serialize, ToSchema)]
#[schema(as = TrailLine)]
pub(crate) struct LineAnswer<'l> {
    /// When.
    at: Stamp,
    /// What happened, as a stable code.
    #[schema(value_type = HappeningWord)]
    kind: &'l str,
    /// Why: a code, or the words of whoever asked.
    cause: &'l str,
    /// Who caused it.
    actor: CauserAnswer<'l>,
    /// How much, where money is concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Sum, required = false)]
    amount: Option<Sum>,
}

/// Who caused something.
#[derive(Serialize, ToSchema)]
#[schema(as = Causer)]
pub(crate) struct CauserAnswer<'l> {
    /// What kind of somebody.
    #[schema(value_type = ActorKindWord)]
    kind: &'l str,
    /// Who, if it was a known person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = uuid::Uuid, required = false)]
    user_id: Option<UserId>,
}

/// How a line of the story goes out.
pub(super) fn write_line(line: &TrailLine) -> Value {
    written(&LineAnswer {
        at: Stamp(line.at),
        kind: &line.kind,
        cause: &line.cause,
        actor: CauserAnswer { kind: &line.actor_kind, user_id: line.actor_user },
        amount: line.amount.map(Sum),
    })
}
