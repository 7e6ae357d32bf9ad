//! How times, spans and amounts are described.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::values::{Amount, Length, Moment, Span, Stamp, Sum};

macro_rules! described {
    ($($value:ident is $name:literal: $schema:expr;)*) => {$(
        impl PartialSchema for $value {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }

        impl ToSchema for $value {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    )*};
}

described! {
    Moment is "TimeInput":
        text("A moment: RFC 3339 with any offset; without one it is refused.", "2026-12-01T18:00:00+01:00")
            .format(Some(SchemaFormat::Custom("date-time".to_owned())));
    Stamp is "Time":
        text("A moment: RFC 3339, UTC, milliseconds.", "2026-12-01T17:00:00.000Z")
            .format(Some(SchemaFormat::Custom("date-time".to_owned())))
            .pattern(Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$"));
    Span is "DurationInput":
        text("A duration: `HH:MM:SS` or `HH:MM`, more than nothing and at most 744 hours.", "02:00")
            .pattern(Some(r"^\d{1,5}:[0-5]\d(:[0-5]\d)?$"));
    Length is "Duration":
        text("A duration: `HH:MM:SS`, where the hours may pass 23.", "02:00:00")
            .pattern(Some(r"^\d{2,}:[0-5]\d:[0-5]\d$"));
    Sum is "Money":
        text("An amount: digits with exactly two decimals.", "250.00")
            .pattern(Some(r"^-?(0|[1-9]\d*)\.\d{2}$"));
    Amount is "MoneyInput": amount();
}

fn text(about: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).description(Some(about)).examples([example])
}

fn amount() -> OneOfBuilder {
    let digits = text("Digits with at most two decimals; more than nothing.", "250.00")
        .pattern(Some(r"^([1-9]\d{0,11}(\.\d{1,2})?|0\.(0[1-9]|[1-9]\d?))$"));
    let whole = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::Integer))
        .description(Some("Whole units of the currency."))
        .minimum(Some(1))
        .maximum(Some(999_999_999_999_u64));
    OneOfBuilder::new()
        .description(Some("An amount: a decimal string, or an integer of whole units."))
        .item(digits)
        .item(whole)
}
