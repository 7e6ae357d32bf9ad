//! Every provider that the stories of the failure matrix are told over. Whoever adds a provider adds it to the list below,
//! and says in [`World::begin_over`] how a group comes to be paid over it.

use plass::domain::sales_unit::Provider;

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
