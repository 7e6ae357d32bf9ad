//! What those see who manage the settings: agreements, their keys, sales units and their webhooks.

use plass::domain::permission::Role;
use serde_json::json;

use super::{Stage, View};
use crate::support::world::{ORGANIZER, Person};

/// The agreement and the unit that the configuration tells of.
const HOUSE: &str = "00000000-0000-0000-0000-000000000000";

impl Stage {
    /// An agreement with keys, and the group's unit under it.
    async fn contracted(&self) -> (Person, String, String) {
        let admin = self.officer(Role::Admin).await;
        let new = json!({ "display_name": "Sosialen hos Vipps", "provider": "vipps_epayment", "environment": "test" });
        let reply = self.world.post(&admin, "/agreements", &new).await;
        let agreement = reply.json["agreement_id"].as_str().unwrap().to_owned();
        let keys = json!({ "client_id": "sandbox", "client_secret": "sandbox", "subscription_key": "sandbox" });
        let path = format!("/agreements/{agreement}/credentials");
        let reply = self.world.send(self.world.request("PUT", &path, Some(&admin)).json(&keys)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let new = json!({
            "display_name": "Sosialen", "merchant_serial_number": "222222", "agreement": agreement, "group": ORGANIZER,
            "is_default": true,
        });
        let reply = self.world.post(&admin, "/sales-units", &new).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        self.world.settle().await;
        (admin, agreement, reply.json["sales_unit_id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn settings_of_the_house(&self) -> View {
        let admin = self.officer(Role::Admin).await;
        self.seen_by(&admin, "/manage/settings").await
    }

    pub(crate) async fn settings(&self) -> View {
        let (admin, _, _) = self.contracted().await;
        self.seen_by(&admin, "/manage/settings").await
    }

    pub(crate) async fn agreement(&self) -> View {
        let (admin, agreement, _) = self.contracted().await;
        self.seen_by(&admin, &format!("/manage/settings/agreements/{agreement}?done=keys")).await
    }

    pub(crate) async fn agreement_of_the_house(&self) -> View {
        let admin = self.officer(Role::Admin).await;
        self.seen_by(&admin, &format!("/manage/settings/agreements/{HOUSE}")).await
    }

    pub(crate) async fn sales_unit(&self) -> View {
        let (admin, _, unit) = self.contracted().await;
        self.seen_by(&admin, &format!("/manage/settings/sales-units/{unit}")).await
    }

    pub(crate) async fn sales_unit_without_an_answer(&self) -> View {
        let (admin, _, unit) = self.contracted().await;
        self.world.faults(json!([{ "on": "token", "do": "status", "status": 503 }])).await;
        let changed = json!({ "display_name": "Sosialen hos Vipps" });
        let units = self.world.get(&admin, &format!("/sales-units/{unit}")).await;
        let agreement = units.json["agreement"]["agreement_id"].as_str().unwrap();
        // A changed agreement is met with a new client, which needs a new token.
        assert_eq!(self.world.patch(&admin, &format!("/agreements/{agreement}"), &changed).await.status, 200);
        self.seen_by(&admin, &format!("/manage/settings/sales-units/{unit}")).await
    }
}
