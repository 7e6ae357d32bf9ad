//! Rows that must not be there once everything has come to rest. The stories ask for them in the end, and so do the
//! simulated histories.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use plass::store::conn::Conn;

/// What a query finds: a name and a number.
#[derive(QueryableByName)]
pub(crate) struct Row {
    #[diesel(sql_type = Text)]
    pub(crate) what: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) count: i64,
}

/// Each finds rows that must not be there.
const NEVER: &[(&str, &str)] = &[
    (
        "an event counts its seats and its queue wrong",
        "SELECT title AS what, seats_held AS count FROM events e WHERE seats_held <> (SELECT COUNT(*) FROM registrations r \
         WHERE r.event_id = e.id AND status IN ('awaiting_payment', 'confirmed')) OR waiting <> (SELECT COUNT(*) FROM \
         registrations r WHERE r.event_id = e.id AND status = 'waitlisted')",
    ),
    (
        "two active registrations of one user at one event",
        "SELECT 'user' AS what, COUNT(*) AS count FROM registrations WHERE status <> 'ended' GROUP BY event_id, user_id \
         HAVING COUNT(*) > 1",
    ),
    (
        "two attempts of one user at one event that can take money",
        "SELECT 'user' AS what, COUNT(*) AS count FROM attempts WHERE state IN ('sent', 'open', 'authorized') \
         GROUP BY event_id, user_id HAVING COUNT(*) > 1",
    ),
    (
        "a confirmed seat of a paid order without money, and nobody told",
        "SELECT o.status AS what, o.price AS count FROM orders o JOIN registrations r ON r.id = o.registration_id \
         WHERE r.status = 'confirmed' AND o.status NOT IN ('RESERVED', 'CAPTURE', 'SALE', 'REFUND') \
         AND o.needs_attention IS NULL",
    ),
    (
        "money kept for a seat that is gone",
        "SELECT o.status AS what, a.captured - a.refunded AS count FROM attempts a JOIN orders o ON o.id = a.order_id \
         JOIN registrations r ON r.id = o.registration_id WHERE r.status = 'ended' AND a.captured > a.refunded \
         AND (o.check_at IS NULL OR o.check_at - o.updated_at > 960000) AND o.bells = o.bells_heard \
         AND o.settled_elsewhere IS NULL AND o.needs_attention IS NULL",
    ),
    (
        "an open order that nobody will look at again",
        "SELECT o.status AS what, 1 AS count FROM orders o JOIN registrations r ON r.id = o.registration_id \
         WHERE o.check_at IS NULL AND (r.status = 'awaiting_payment' OR EXISTS (SELECT 1 FROM attempts a WHERE \
         a.order_id = o.id AND a.state IN ('sent', 'open', 'authorized')))",
    ),
    (
        "an order took more than its price",
        "SELECT o.status AS what, o.price AS count FROM orders o JOIN attempts a ON a.order_id = o.id \
         GROUP BY o.id, o.status, o.price HAVING SUM(a.captured - a.refunded) > o.price",
    ),
    (
        "a person pays twice at one event",
        "SELECT 'user' AS what, COUNT(*) AS count FROM attempts WHERE authorized > 0 AND \
         authorized - cancelled - refunded > 0 GROUP BY event_id, user_id HAVING COUNT(*) > 1",
    ),
    (
        "an order that looks open after its registration ended",
        "SELECT o.status AS what, 1 AS count FROM orders o JOIN registrations r ON r.id = o.registration_id \
         WHERE r.status = 'ended' AND o.status = 'INITIATE' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE \
         a.order_id = o.id AND a.state IN ('sent', 'open', 'authorized'))",
    ),
    (
        "a registration that ended, was confirmed or got a seat and the trail does not know",
        "SELECT r.status AS what, 1 AS count FROM registrations r WHERE NOT EXISTS (SELECT 1 FROM trail t WHERE \
         t.registration_id = r.id AND t.at = r.updated_at)",
    ),
    (
        "a payment at the provider, and no word of the call that made it",
        "SELECT a.state AS what, 1 AS count FROM attempts a WHERE a.state NOT IN ('planned', 'abandoned') \
         AND NOT EXISTS (SELECT 1 FROM ended_effects e WHERE e.attempt_id = a.id AND e.kind = 'create') \
         AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.attempt_id = a.id AND b.kind = 'create')",
    ),
    (
        "money that a call of ours moved, and no word of the call",
        "SELECT l.kind AS what, l.amount AS count FROM ledger l JOIN (SELECT 'captured' AS moved, 'capture' AS kind \
         UNION ALL SELECT 'refunded', 'refund' UNION ALL SELECT 'cancelled', 'release') k ON k.moved = l.kind \
         WHERE l.provider_key LIKE k.kind || '-%' AND l.elsewhere = FALSE \
         AND NOT EXISTS (SELECT 1 FROM ended_effects e WHERE e.attempt_id = l.attempt_id AND e.kind = k.kind) \
         AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.attempt_id = l.attempt_id AND b.kind = k.kind)",
    ),
    (
        "an attempt whose ledger comes to other sums",
        "SELECT a.reference AS what, a.authorized AS count FROM attempts a WHERE a.authorized > 0 AND (\
         a.authorized <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'authorized') OR \
         a.captured <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'captured') OR \
         a.refunded <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'refunded') OR \
         a.cancelled <> (SELECT COALESCE(CAST(SUM(amount) AS BIGINT), 0) FROM ledger l WHERE l.attempt_id = a.id AND kind = 'cancelled'))",
    ),
    ("a line of the trail without a cause", "SELECT kind AS what, 1 AS count FROM trail WHERE cause = ''"),
    (
        "an effect that waits for a person, and nobody was told",
        "SELECT b.kind AS what, b.tries AS count FROM outbox b LEFT JOIN orders o ON o.id = b.order_id \
         WHERE b.parked_at IS NOT NULL AND b.kind <> 'letter' AND o.needs_attention IS NULL",
    ),
    (
        "an effect that keeps the books of a dead attempt",
        "SELECT b.kind AS what, 1 AS count FROM outbox b JOIN attempts a ON a.id = b.attempt_id \
         WHERE b.kind = 'create' AND a.state NOT IN ('planned', 'sent')",
    ),
    (
        "a plan that waits for nobody",
        "SELECT a.state AS what, 1 AS count FROM attempts a WHERE a.state = 'planned' AND (a.provider <> 'askell' OR a.opened_at IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM \
         outbox b WHERE b.attempt_id = a.id) AND NOT EXISTS (SELECT 1 FROM attempts l WHERE l.event_id = a.event_id \
         AND l.user_id = a.user_id AND l.state IN ('sent', 'open', 'authorized'))",
    ),
    (
        "a registration that never made it into the trail",
        "SELECT status AS what, 1 AS count FROM registrations r WHERE NOT EXISTS (SELECT 1 FROM trail t WHERE \
         t.registration_id = r.id)",
    ),
];

/// The first rule that rows break, and the rows.
pub(crate) fn found(conn: &mut Conn) -> Option<String> {
    NEVER.iter().find_map(|(name, sql)| {
        let rows: Vec<Row> = diesel::sql_query(*sql).load(conn).unwrap();
        let rows: Vec<String> = rows.into_iter().map(|row| format!("{} {}", row.what, row.count)).collect();
        (!rows.is_empty()).then(|| format!("{name}: {rows:?}"))
    })
}
