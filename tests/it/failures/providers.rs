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
    };
}
pub(crate) use over_each_provider;

/// The number of the unit that a group has beside the house's own.
pub(crate) const OWN_NUMBER: &str = "333333";

impl World {
    /// A world whose organizing group is paid over this provider.
    pub(crate) async fn begin_over(provider: Provider) -> Self {
        let world = Self::begin().await;
        match provider {
            // The house's own unit.
            Provider::VippsEpayment => {}
            Provider::Askell => panic!("its stories are told in tests/it/askell.rs"),
            Provider::VippsEcom => {
                let admin = world.officer("the-settings", Role::Admin).await;
                world.own_unit(&admin, provider, OWN_NUMBER).await;
            }
        }
        world.settle().await;
        world
    }

    /// The organizing group has an agreement with this provider and a unit under it from now on; their ids.
    pub(crate) async fn own_unit(&self, admin: &Person, provider: Provider, number: &str) -> (String, String) {
        let new = json!({ "display_name": "Own", "provider": provider.word(), "environment": "test" });
        let made = self.post(admin, "/agreements", &new).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let agreement = made.json["agreement_id"].as_str().unwrap().to_owned();
        let keys = json!({ "client_id": "own-id", "client_secret": "own-secret", "subscription_key": "own-key" });
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
fn the_stories_are_told_over_every_provider_that_asks_the_payer() {
    let mut told = Vec::new();
    over_each_provider!(add![told]);
    // Nobody approves a charge of a stored card, so what is told here does not happen there: see tests/it/askell.rs.
    let others: Vec<Provider> = Provider::ALL.into_iter().filter(|provider| !provider.charges_stored_cards()).collect();
    assert_eq!(told, others.iter().map(|provider| (provider.word(), *provider)).collect::<Vec<_>>());
}
