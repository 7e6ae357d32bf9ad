//! Sales units: over which provider a group is paid.

use plass::domain::permission::Role;
use plass::domain::sales_unit::Provider;
use serde_json::json;

use super::world::{ORGANIZER, Person, World};

/// The number of the unit that a group has beside the house's own.
pub(crate) const OWN_NUMBER: &str = "333333";

impl World {
    /// A world whose organizing group is paid over this provider.
    pub(crate) async fn begin_over(provider: Provider) -> Self {
        let mut world = Self::begin().await;
        world.over = provider;
        match provider {
            // The house's own unit.
            Provider::VippsEpayment => {}
            Provider::VippsEcom | Provider::Askell => {
                let admin = world.officer("the-settings", Role::Admin).await;
                world.own_unit(&admin, provider).await;
            }
        }
        world.settle().await;
        world
    }

    /// The organizing group has an agreement with this provider and a unit under it from now on; their ids.
    pub(crate) async fn own_unit(&self, admin: &Person, provider: Provider) -> (String, String) {
        let new = json!({ "display_name": "Own", "provider": provider.word(), "environment": "test" });
        let made = self.post(admin, "/agreements", &new).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let agreement = made.json["agreement_id"].as_str().unwrap().to_owned();
        let (keys, number) = match provider {
            Provider::VippsEpayment | Provider::VippsEcom => {
                let keys =
                    json!({ "client_id": "own-id", "client_secret": "own-secret", "subscription_key": "own-key" });
                (keys, OWN_NUMBER)
            }
            Provider::Askell => (json!({ "api_key": "private-1", "payment_processor": "test" }), ""),
        };
        let path = format!("/agreements/{agreement}/credentials");
        let set = self.send(self.request("PUT", &path, Some(admin)).json(&keys)).await;
        assert_eq!(set.status, 200, "{}", set.text);
        let new = json!({
            "display_name": "Own", "merchant_serial_number": number, "agreement": agreement, "group": ORGANIZER,
            "is_default": true,
        });
        let made = self.post(admin, "/sales-units", &new).await;
        assert_eq!(made.status, 201, "{}", made.text);
        (agreement, made.json["sales_unit_id"].as_str().unwrap().to_owned())
    }
}
