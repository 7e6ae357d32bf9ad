//! What a test does to Áskell's payments as the bank and as somebody in the portal; the control port carries it.

use serde_json::{Value, json};

use super::shop::{Act, No};
use super::wire;
use crate::clock::Timestamp;
use crate::sandbox::world::World;

/// All payments, oldest first, with their customers.
pub(in crate::sandbox) fn payments(world: &World) -> Value {
    let shown = world.askell.all_payments().map(|payment| {
        let mut shown = wire::payment(payment);
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("customer_reference".to_owned(), json!(payment.customer));
            fields.insert("retries".to_owned(), json!(payment.retries));
        }
        shown
    });
    json!({ "results": shown.collect::<Vec<Value>>() })
}

/// Does something to the newest payment with this reference: `settle`, `fail`, `retry` or `refund`. None when there is no
/// such act.
pub(in crate::sandbox) fn act(
    world: &mut World,
    reference: &str,
    act: &str,
    now: Timestamp,
) -> Option<Result<Value, No>> {
    let act = match act {
        "settle" => Act::Settle,
        "fail" => Act::Fail,
        "retry" => Act::Retry,
        "refund" => Act::Refund,
        _ => return None,
    };
    world.catch_up(now);
    let named = world.askell.all_payments().filter(|payment| payment.reference.as_deref() == Some(reference));
    let Some(number) = named.map(|payment| payment.number).max() else { return Some(Err((404, "Not found."))) };
    let chance = (&mut world.faults, &mut world.random);
    Some(world.askell.act(number, act, chance, now).map(|payment| wire::payment(&payment)))
}
