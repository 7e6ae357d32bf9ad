//! What the client sends, held against the provider's own description.

use plass::vipps::{NewPayment, PaymentProvider};

use super::server::{Server, answer};
use super::{PAYMENT, client_of, kroner, reference};
use crate::openapi_check::{Spec, assert_matches};

#[tokio::test]
async fn what_the_client_sends_is_what_vipps_describes() {
    let server = Server::always(answer(200, PAYMENT));
    let client = client_of(&server);
    let long_title = "Et veldig langt navn på en fest ".repeat(9);
    for description in ["Julebord", "x", &long_title] {
        let body = client.compose(&NewPayment {
            reference: reference(),
            price: kroner(250),
            description: description.to_owned(),
            return_url: "https://plass.example/pay/x/return".to_owned(),
        });
        assert_matches("CreatePaymentRequest", Spec::Epayment, &serde_json::from_str(&body).unwrap());
    }
    client.capture(&reference(), kroner(250), "capture-1").await.unwrap();
    client.refund(&reference(), kroner(100), "refund-1").await.unwrap();
    for (path, schema) in [("/capture ", "CaptureModificationRequest"), ("/refund ", "RefundModificationRequest")] {
        let request = server.seen().into_iter().find(|request| request.line.contains(path)).unwrap();
        assert_matches(schema, Spec::Epayment, &serde_json::from_str(&request.body).unwrap());
    }
    // The answer is unreadable; what was asked is what counts here.
    assert!(client.register_webhook("https://plass.example/webhooks/vipps").await.is_err());
    let request = server.seen().pop().unwrap();
    assert_matches("RegisterRequest", Spec::Webhooks, &serde_json::from_str(&request.body).unwrap());
}
