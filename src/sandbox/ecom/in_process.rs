//! The older API without its sockets. The reading of the contract is the desk's own.

use super::desk::{Endpoint, handle};
use super::request;
use crate::clock::Timestamp;
use crate::sandbox::call::{Answer, Call};
use crate::sandbox::world::World;

/// What is asked over the older API. Bodies and ids are those of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Older {
    /// `POST /payments`.
    Initiate,
    /// `GET /payments/{orderId}/details`.
    Details,
    /// `PUT /payments/{orderId}/cancel`.
    Cancel,
    /// `POST /payments/{orderId}/capture`.
    Capture,
    /// `POST /payments/{orderId}/refund`.
    Refund,
}

/// One call by a sales unit. What would be called back about is left alone: nobody is there to hear it.
pub(in crate::sandbox) fn ask(
    world: &mut World,
    (older, msn, reference): (Older, &str, &str),
    (key, body): (Option<&str>, &str),
    now: Timestamp,
) -> Answer {
    let (endpoint, word) = match older {
        Older::Initiate => (Endpoint::Initiate, ""),
        Older::Details => (Endpoint::Details, "details"),
        Older::Cancel => (Endpoint::Cancel, "cancel"),
        Older::Capture => (Endpoint::Capture, "capture"),
        Older::Refund => (Endpoint::Refund, "refund"),
    };
    let reference = match older {
        Older::Initiate => request::order_in(body.as_bytes()),
        Older::Details | Older::Cancel | Older::Capture | Older::Refund => reference.to_owned(),
    };
    let call = Call {
        operation: endpoint.operation(),
        msn: msn.to_owned(),
        subscription_key: "simulation".to_owned(),
        path: format!("/ecomm/v2/payments/{reference}/{word}"),
        reference,
        key: key.map(str::to_owned),
        body: body.as_bytes().to_vec(),
    };
    let answer = handle(world, endpoint, &call, now).answer;
    while world.take_callback(now).is_some() {}
    answer
}
