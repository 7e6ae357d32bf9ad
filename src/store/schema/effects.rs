//! The tables of what must leave the process, and of what became of it.

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::uid::Uid;

    outbox (id) {
        id -> Uid,
        kind -> Text,
        event_id -> Nullable<Uid>,
        order_id -> Nullable<Uid>,
        attempt_id -> Nullable<Uid>,
        refund_id -> Nullable<Uid>,
        amount -> Nullable<BigInt>,
        provider_key -> Nullable<Text>,
        letter -> Nullable<Text>,
        due_at -> BigInt,
        tries -> BigInt,
        tried_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        parked_at -> Nullable<BigInt>,
        claim -> Nullable<Uid>,
        claimed_until -> BigInt,
        created_at -> BigInt,
        unanswered -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::uid::Uid;

    ended_effects (id) {
        id -> Uid,
        kind -> Text,
        event_id -> Uid,
        order_id -> Uid,
        attempt_id -> Uid,
        amount -> Nullable<BigInt>,
        ending -> Text,
        tries -> Nullable<BigInt>,
        created_at -> BigInt,
        ended_at -> BigInt,
    }
}
