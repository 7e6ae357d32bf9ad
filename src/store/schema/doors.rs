//! The tables of payments at the door.

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::uid::Uid;

    door_codes (sales_unit, id) {
        sales_unit -> Text,
        id -> Text,
        location -> Text,
        content -> Text,
        created_at -> BigInt,
        scanned_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::uid::Uid;

    door_waits (id) {
        id -> Uid,
        sales_unit -> Text,
        code -> Text,
        event_id -> Uid,
        order_id -> Uid,
        asked_by -> Uid,
        began_at -> BigInt,
        ends_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        attempt_id -> Nullable<Uid>,
    }
}
