//! Every provider that the stories of the failure matrix are told over. Whoever adds a provider adds it to the list below,
//! and says in [`World::begin_over`] how a group comes to be paid over it.

use plass::domain::permission::Role;
use plass::domain::sales_unit::Provider;
use serde_json::json;

use crate::support::world::{ORGANIZER, Person, World};

/// The list: hands each provider, with its name, and whatever was given along to another macro.
macro_rules! over_each_provider {
    ($tell:ident! $given:tt) => {
        $tell! { vipps_epayment, plass::domain::sales_unit::Provider::VippsEpayment, $given }
        $tell! { vipps_ecom, plass::domain::sales_unit::Provider::VippsEcom, $given }
        $tell! { askell, plass::domain::sales_unit::Provider::Askell, $given }
    };
}
pub(crate) use over_each_provider;

/// Those of the list that give a part of a payment back.
macro_rules! over_each_provider_of_parts {
    ($tell:ident! $given:tt) => {
        $tell! { vipps_epayment, plass::domain::sales_unit::Provider::VippsEpayment, $given }
        $tell! { vipps_ecom, plass::domain::sales_unit::Provider::VippsEcom, $given }
    };
}
pub(crate) use over_each_provider_of_parts;

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

macro_rules! add {
    ($name:ident, $provider:expr, [$told:ident]) => {
        $told.extend([(stringify!($name), $provider)]);
    };
}

#[test]
fn the_stories_are_told_over_every_provider() {
    let named = |provider: &Provider| (provider.word(), *provider);
    let mut told = Vec::new();
    over_each_provider!(add![told]);
    assert_eq!(told, Provider::ALL.iter().map(named).collect::<Vec<_>>());
    let mut told = Vec::new();
    over_each_provider_of_parts!(add![told]);
    let of_parts = Provider::ALL.iter().filter(|provider| provider.refunds_parts());
    assert_eq!(told, of_parts.map(named).collect::<Vec<_>>());
}
