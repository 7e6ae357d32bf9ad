//! An agreement moves from eCom to ePayment, and what was begun over the one is finished over the other.

use chrono::TimeDelta;
use plass::flows::doctor::{Extent, examine};
use serde_json::{Value, json};

use super::Group;
use crate::support::people::Reply;

impl Group {
    async fn moves(&self) -> Reply {
        let path = format!("/agreements/{}", self.agreement);
        let moved = self.world.patch(&self.admin, &path, &json!({ "provider": "vipps_epayment" })).await;
        assert_eq!((moved.status, moved.json["provider"].as_str()), (200, Some("vipps_epayment")), "{}", moved.text);
        self.world.settle().await;
        moved
    }

    /// The newest call to the provider about a payment, by its path.
    async fn newest_call(&self, reference: &str) -> String {
        self.world.calls(reference).await.last().unwrap()["path"].as_str().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_is_open_while_the_agreement_moves_is_finished_over_epayment() {
    let group = Group::open().await;
    let reference = group.opens_a_payment().await;
    group.moves().await;
    // The unit is registered for webhooks now; this payment is still called back about, and that is heard.
    let url = format!("{}/webhooks/vipps/{}", group.world.url(), group.unit);
    assert!(group.world.webhooks().await.iter().any(|hook| hook["url"] == url));
    group.approves(&reference).await;
    assert_eq!(group.seen().await, "confirmed CAPTURE");
    assert!(group.newest_call(&reference).await.starts_with("/epayment/v1/"));
    group.refunds(json!({ "amount": "40.00", "reason": "a broken chair" }), "first").await;
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 4000");
    assert_eq!(group.both_logs_agree().await.len(), 3);
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_that_was_booked_before_the_move_is_not_booked_again() {
    let group = Group::open().await;
    let reference = group.paid().await;
    group.refunds(json!({ "amount": "40.00", "reason": "a broken chair" }), "first").await;
    let before = group.both_logs_agree().await;
    group.moves().await;
    assert_eq!(group.both_logs_agree().await, before);
    group.refunds(json!({ "amount": "60.00", "reason": "another chair" }), "second").await;
    assert_eq!(group.world.at_provider(&reference).await, "AUTHORIZED authorized 25000 captured 25000 refunded 10000");
    assert_eq!(group.world.count("ledger", "kind = 'captured'").await, 1);
    assert_eq!(group.world.count("ledger", "kind = 'refunded'").await, 2);
    assert_eq!(group.world.count("ledger", "elsewhere").await, 0);
    group.world.pass(TimeDelta::hours(2)).await;
    let found = examine(&group.world.app, Extent::All).await.unwrap();
    assert!(found.findings.is_empty() && found.payments > 0, "{:?}", found.findings);
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_planned_over_ecom_is_made_there_though_the_agreement_has_moved() {
    let group = Group::open().await;
    group.world.faults(json!([{ "on": "create", "do": "error_before" }])).await;
    assert_eq!(group.world.sign_up(&group.ida, &group.event).await.status, 201);
    group.world.settle().await;
    group.moves().await;
    group.world.no_more_faults().await;
    group.world.pass(TimeDelta::minutes(3)).await;
    let reference = group.world.reference(&group.ida, &group.event).await;
    assert!(group.world.answers(&reference, "create").await.ends_with("200"));
    assert!(group.world.calls(&reference).await.iter().all(|call| call["path"] != "/epayment/v1/payments"));
    // A next attempt is ePayment's own.
    group.world.pass(TimeDelta::minutes(15)).await;
    let second = group.world.clicks(&group.ida, &group.event).await;
    assert_ne!(reference, second);
    assert_eq!(group.world.count("attempts", "provider = 'vipps_epayment'").await, 1);
    group.approves(&second).await;
    assert_eq!(group.seen().await, "confirmed CAPTURE");
    group.world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_moves_to_epayment_and_nowhere_else() {
    let group = Group::open().await;
    let path = format!("/agreements/{}", group.agreement);
    let same = group.world.patch(&group.admin, &path, &json!({ "provider": "vipps_ecom" })).await;
    assert_eq!((same.status, same.json["provider"].as_str()), (200, Some("vipps_ecom")));
    for (wrong, code) in [(json!("nonsense"), "invalid_value"), (Value::Null, "null")] {
        let refused = group.world.patch(&group.admin, &path, &json!({ "provider": wrong })).await;
        assert_eq!((refused.refusal(), refused.pointers()), ((422, "invalid_fields"), vec!["/provider"]));
        assert_eq!(refused.json["errors"][0]["code"], code);
    }
    group.moves().await;
    let back = group.world.patch(&group.admin, &path, &json!({ "provider": "vipps_ecom" })).await;
    assert_eq!((back.refusal(), back.pointers()), ((422, "invalid_fields"), vec!["/provider"]), "{}", back.text);
    assert_eq!(back.json["errors"][0]["detail"], "An agreement can only move from Vipps eCom to Vipps ePayment.");
    let shown = group.world.get(&group.admin, &path).await;
    assert_eq!(shown.json["provider"], "vipps_epayment");
    group.world.end().await;
}
