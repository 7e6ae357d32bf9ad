//! What is said about a field that may be null. The derived schemas say it about one of the two choices, where generators
//! of clients and readers do not look; it belongs on the field.

use utoipa::openapi::{RefOr, Schema};

/// Moves the descriptions of fields that may be null to the fields.
pub(super) fn describe_fields(schema: &mut RefOr<Schema>) {
    let RefOr::T(Schema::Object(object)) = schema else { return };
    for field in object.properties.values_mut() {
        let RefOr::T(Schema::OneOf(choices)) = field else { continue };
        for choice in &mut choices.items {
            if let RefOr::Ref(reference) = choice
                && !reference.description.is_empty()
            {
                choices.description.get_or_insert_with(|| std::mem::take(&mut reference.description));
            }
        }
    }
}
