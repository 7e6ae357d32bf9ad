-- One text for SQLite and PostgreSQL. Times are milliseconds since 1970 in UTC, spans are seconds, money is øre.
-- Seat and money rows are never deleted: no CASCADE, no SET NULL.

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    phone TEXT,
    locale TEXT NOT NULL,
    allow_photo_by_default BOOLEAN NOT NULL,
    password_hash TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE groups (
    slug TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('board', 'committee', 'year', 'interest', 'other')),
    members_may_manage BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE memberships (
    group_slug TEXT NOT NULL REFERENCES groups (slug),
    user_id UUID NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('member', 'leader')),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (group_slug, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE grants (
    id UUID NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'treasurer', 'organizer')),
    user_id UUID REFERENCES users (id),
    group_slug TEXT REFERENCES groups (slug),
    scope_group TEXT REFERENCES groups (slug),
    created_at BIGINT NOT NULL,
    CHECK ((user_id IS NULL) <> (group_slug IS NULL))
);
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_group ON grants (group_slug);

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES sessions (id),
    expires_at BIGINT NOT NULL,
    replaced_at BIGINT
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE invites (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    expires_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX invites_by_user ON invites (user_id);

-- Failed logins, by a keyed hash of account and address: nothing personal is kept.
CREATE TABLE login_failures (
    id UUID NOT NULL PRIMARY KEY,
    subject BYTEA NOT NULL,
    failed_at BIGINT NOT NULL
);
CREATE INDEX login_failures_by_subject ON login_failures (subject, failed_at);
CREATE INDEX login_failures_by_age ON login_failures (failed_at);

CREATE TABLE events (
    id UUID NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    location TEXT NOT NULL,
    start_date BIGINT NOT NULL,
    end_date BIGINT NOT NULL,
    organizer TEXT NOT NULL REFERENCES groups (slug),
    seat_limit BIGINT NOT NULL CHECK (seat_limit >= 0),
    sign_up BOOLEAN NOT NULL,
    closed BOOLEAN NOT NULL,
    start_registration_at BIGINT,
    end_registration_at BIGINT,
    sign_off_deadline BIGINT,
    refund_on_sign_off BOOLEAN NOT NULL,
    price BIGINT CHECK (price BETWEEN 100 AND 10000000),
    currency TEXT NOT NULL,
    paytime BIGINT CHECK (paytime > 0),
    promotion_paytime BIGINT CHECK (promotion_paytime > 0),
    -- Taken by every write that touches a seat; also the version that caches compare.
    turn BIGINT NOT NULL,
    next_queue_no BIGINT NOT NULL,
    -- Kept with the turn, so that nobody walks the list to know whether there is room.
    seats_held BIGINT NOT NULL CHECK (seats_held >= 0),
    waiting BIGINT NOT NULL CHECK (waiting >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK (end_date > start_date),
    CHECK ((price IS NULL) = (paytime IS NULL)),
    CHECK ((price IS NULL) = (promotion_paytime IS NULL))
);
CREATE INDEX events_by_start ON events (start_date, id);
CREATE INDEX events_by_organizer ON events (organizer, start_date, id);

CREATE TABLE registrations (
    id UUID NOT NULL PRIMARY KEY,
    event_id UUID NOT NULL REFERENCES events (id),
    user_id UUID NOT NULL REFERENCES users (id),
    status TEXT NOT NULL CHECK (status IN ('waitlisted', 'awaiting_payment', 'confirmed', 'ended')),
    ended_reason TEXT CHECK (ended_reason IN ('withdrawn', 'unpaid', 'removed', 'event_cancelled')),
    payment_expiredate BIGINT,
    queue_no BIGINT,
    -- Seats are listed by the time they were given, the queue by its numbers, the ended by their end.
    list_rank BIGINT NOT NULL,
    list_no BIGINT NOT NULL,
    allow_photo BOOLEAN NOT NULL,
    has_attended BOOLEAN NOT NULL,
    created_by_admin BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CHECK ((status = 'ended') = (ended_reason IS NOT NULL)),
    CHECK ((status = 'awaiting_payment') = (payment_expiredate IS NOT NULL)),
    CHECK ((status = 'waitlisted') = (queue_no IS NOT NULL))
);
CREATE UNIQUE INDEX one_active_registration_per_user ON registrations (event_id, user_id) WHERE status <> 'ended';
CREATE INDEX registrations_by_event ON registrations (event_id, list_rank, list_no, id);
CREATE INDEX registrations_by_user ON registrations (user_id, created_at, id);
CREATE INDEX registrations_of_user_at_event ON registrations (event_id, user_id, created_at);
CREATE UNIQUE INDEX queue_by_number ON registrations (event_id, queue_no) WHERE status = 'waitlisted';

CREATE TABLE orders (
    id UUID NOT NULL PRIMARY KEY,
    registration_id UUID NOT NULL REFERENCES registrations (id),
    event_id UUID NOT NULL REFERENCES events (id),
    user_id UUID NOT NULL REFERENCES users (id),
    price BIGINT NOT NULL CHECK (price > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('INITIATE', 'RESERVED', 'CAPTURE', 'REFUND', 'VOID', 'CANCEL', 'SALE')),
    -- The unguessable part of the payment link: 128 random bits.
    pay_token TEXT NOT NULL UNIQUE,
    sale BOOLEAN NOT NULL,
    give_back_all BOOLEAN NOT NULL,
    needs_attention TEXT,
    needs_attention_since BIGINT,
    -- When to look again; empty when nothing can change by itself.
    check_at BIGINT,
    bells BIGINT NOT NULL,
    bells_heard BIGINT NOT NULL,
    looked_at BIGINT,
    look_failures BIGINT NOT NULL,
    claim UUID,
    claimed_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_order_per_registration ON orders (registration_id);
CREATE INDEX orders_by_event ON orders (event_id, created_at, id);
CREATE INDEX orders_by_user ON orders (user_id, created_at, id);
CREATE INDEX orders_by_age ON orders (created_at, id);
CREATE INDEX orders_to_look_at ON orders (check_at) WHERE check_at IS NOT NULL;

CREATE TABLE attempts (
    id UUID NOT NULL PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES orders (id),
    event_id UUID NOT NULL REFERENCES events (id),
    user_id UUID NOT NULL REFERENCES users (id),
    reference TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN
        ('planned', 'sent', 'open', 'authorized', 'settled', 'aborted', 'expired', 'terminated', 'abandoned')),
    request_body TEXT NOT NULL,
    create_key TEXT NOT NULL,
    redirect_url TEXT,
    -- When the last create call ended; a 404 counts only a while after it.
    create_ended_at BIGINT,
    session_began_at BIGINT,
    opened_at BIGINT,
    giving_up BOOLEAN NOT NULL,
    -- No money call on this attempt before this: a repeated refusal must not exhaust the provider's limit.
    paced_until BIGINT,
    authorized BIGINT NOT NULL CHECK (authorized >= 0),
    captured BIGINT NOT NULL CHECK (captured >= 0),
    refunded BIGINT NOT NULL CHECK (refunded >= 0),
    cancelled BIGINT NOT NULL CHECK (cancelled >= 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX attempts_by_order ON attempts (order_id, created_at, id);
CREATE UNIQUE INDEX one_live_attempt_per_user_and_event ON attempts (event_id, user_id)
    WHERE state IN ('sent', 'open', 'authorized');

CREATE TABLE refunds (
    id UUID NOT NULL PRIMARY KEY,
    order_id UUID NOT NULL REFERENCES orders (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'refused')),
    -- What the provider had refunded on this order before this refund: it is done once the sum has grown by its amount.
    refunded_before BIGINT,
    requested_by UUID REFERENCES users (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX refunds_by_order ON refunds (order_id, created_at, id);

-- What must leave the process: calls to the provider and letters. Done rows are deleted; the trail remembers them.
CREATE TABLE outbox (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('create', 'close', 'capture', 'release', 'refund', 'letter')),
    event_id UUID REFERENCES events (id),
    order_id UUID REFERENCES orders (id),
    attempt_id UUID REFERENCES attempts (id),
    refund_id UUID REFERENCES refunds (id),
    amount BIGINT,
    provider_key TEXT,
    letter TEXT,
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    tried_at BIGINT,
    last_error TEXT,
    parked_at BIGINT,
    claim UUID,
    claimed_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (due_at) WHERE parked_at IS NULL;
CREATE INDEX outbox_by_order ON outbox (order_id);
CREATE UNIQUE INDEX one_open_money_effect_per_attempt ON outbox (attempt_id)
    WHERE parked_at IS NULL AND kind IN ('close', 'capture', 'release', 'refund');
CREATE UNIQUE INDEX one_create_per_attempt ON outbox (attempt_id) WHERE kind = 'create';

CREATE TABLE trail (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    event_id UUID REFERENCES events (id),
    registration_id UUID REFERENCES registrations (id),
    order_id UUID REFERENCES orders (id),
    kind TEXT NOT NULL,
    cause TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_user UUID REFERENCES users (id),
    amount BIGINT
);
CREATE INDEX trail_by_order ON trail (order_id, id);
CREATE INDEX trail_by_registration ON trail (registration_id, id);

CREATE TABLE replays (
    caller UUID NOT NULL REFERENCES users (id),
    replay_key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (caller, replay_key)
);
CREATE INDEX replays_by_age ON replays (created_at);

-- Webhooks whose reference nobody here knows: kept for a person to read, capped.
CREATE TABLE strange_bells (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

-- Our own registrations at the provider. The secret is sealed under the master key that is named.
CREATE TABLE webhook_registrations (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    secret_sealed BYTEA NOT NULL,
    key_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_heard_at BIGINT
);

-- Work that one process does for all.
CREATE TABLE duties (
    name TEXT NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL,
    claim UUID,
    claimed_until BIGINT NOT NULL
);
