//! What the client sends, held against the provider's own description.

use plass::domain::ids::UserId;
use plass::vipps::{Approach, NewPayment, PaymentProvider};
use uuid::Uuid;

use super::server::{Server, answer};
use super::{PAYMENT, client_of, kroner, reference};
use crate::openapi_check::{Spec, assert_matches};

#[tokio::test]
async fn what_the_client_sends_is_what_vipps_describes() {
    let server = Server::always(answer(200, PAYMENT));
    let client = client_of(&server);
    let long_title = "Et veldig langt navn på en fest ".repeat(9);
    let phone = Approach::Phone("4741234567".to_owned());
    let ways = [Approach::Web, Approach::Qr, phone, Approach::Scan("a-token".to_owned())];
    let said = |approach: &Approach, body: &serde_json::Value| match approach {
        Approach::Web => body["userFlow"] == "WEB_REDIRECT" && body["returnUrl"].is_string(),
        Approach::Qr => body["userFlow"] == "QR" && body["qrFormat"]["format"] == "TEXT/TARGETURL",
        Approach::Phone(_) | Approach::Scan(_) => {
            body["userFlow"] == "PUSH_MESSAGE" && body["customerInteraction"] == "CUSTOMER_PRESENT"
        }
    };
    for (description, approach) in [("Julebord", 0), ("x", 0), (&long_title, 0), ("a", 1), ("b", 2), ("c", 3)] {
        let approach = ways[approach].clone();
        let body = client.compose(&NewPayment {
            reference: reference().reference,
            price: kroner(250),
            description: description.to_owned(),
            approach: approach.clone(),
            return_url: "https://plass.example/pay/x/return".to_owned(),
            merchant_serial_number: "123456".to_owned(),
            callback_prefix: String::new(),
            payer: UserId(Uuid::nil()),
        });
        let body = serde_json::from_str(&body).unwrap();
        assert!(said(&approach, &body), "{body}");
        assert_matches("CreatePaymentRequest", Spec::Epayment, &body);
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
