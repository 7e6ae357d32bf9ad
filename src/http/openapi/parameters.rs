//! Parameters of the address and of the query, and what each is.

use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::operation::{id, text};

/// One that may be left out.
pub(super) fn parameter(name: &str, place: ParameterIn, about: &str) -> ParameterBuilder {
    ParameterBuilder::new().name(name).parameter_in(place).required(Required::False).description(Some(about))
}

/// One that stands in the address.
pub(super) fn path_parameter(name: &str) -> Parameter {
    let (schema, about) = match name {
        "user_id" => (id(), "The user."),
        "event_id" => (id(), "The event."),
        "order_id" => (id(), "The order."),
        "grant_id" => (id(), "The grant."),
        "agreement_id" => (id(), "The agreement."),
        "sales_unit_id" => (id(), "The sales unit."),
        "webhook_id" => (text(), "The provider's id of the registration."),
        "qr_id" => (text().pattern(Some("^[A-Za-z0-9_-]{1,128}$")), "The id of the code."),
        "reference" => (text(), "The payment's reference."),
        "slug" => (text(), "The slug of the group."),
        "code" => (text(), "The code of the problem."),
        _ => (text(), "The secret of the link."),
    };
    parameter(name, ParameterIn::Path, about).schema(Some(schema)).required(Required::True).build()
}
