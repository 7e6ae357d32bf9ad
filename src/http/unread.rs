//! What is left of a request's body when the answer is there. Whoever goes on sending is not listened to for ever: the
//! connection closes after the answer, and what still comes in that second is thrown away, so that the answer arrives.
//!
//! The framework throws a body in pieces away to its end when nobody holds it any more, and a body may have no end. While
//! somebody holds it, it closes the connection instead. So it is held here until the answer has gone out.

use std::cell::RefCell;
use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

type Shared = Rc<RefCell<Payload>>;

/// A body that is being read by somebody else. Empty where the request has none.
pub(super) struct Unread(Option<Shared>);

struct Reading(Shared);

struct Holding {
    body: BoxBody,
    _unread: Shared,
}

impl Unread {
    /// Takes the body, and leaves whoever answers a way to read it.
    pub(super) fn of(request: &mut ServiceRequest) -> Self {
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return Self(None);
        }
        let shared = Rc::new(RefCell::new(payload));
        request.set_payload(Payload::Stream { payload: Box::pin(Reading(Rc::clone(&shared))) });
        Self(Some(shared))
    }

    /// Holds what was not read for as long as the answer is under way.
    pub(super) fn hold(self, body: BoxBody) -> BoxBody {
        match self.0 {
            Some(unread) => BoxBody::new(Holding { body, _unread: unread }),
            None => body,
        }
    }
}

impl Stream for Reading {
    type Item = Result<Bytes, PayloadError>;
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

impl MessageBody for Holding {
    type Error = Box<dyn Error>;
    fn size(&self) -> BodySize {
        self.body.size()
    }
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
