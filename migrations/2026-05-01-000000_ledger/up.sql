-- Every amount that moved at the provider, as its own log of a payment tells it. Lines are only ever added: triggers,
-- which the two databases write differently, are set up after the migrations.
CREATE TABLE ledger (
    id UUID NOT NULL PRIMARY KEY,
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    order_id UUID NOT NULL REFERENCES orders (id),
    event_id UUID NOT NULL REFERENCES events (id),
    kind TEXT NOT NULL CHECK (kind IN ('authorized', 'captured', 'refunded', 'cancelled')),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    -- The provider's own id of the line: reading its log twice writes nothing twice.
    provider_event TEXT NOT NULL,
    -- The key of the call that moved it, where the log tells.
    provider_key TEXT,
    happened_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX one_ledger_line_per_provider_event ON ledger (attempt_id, kind, provider_event);
CREATE INDEX ledger_by_order ON ledger (order_id, happened_at, id);
CREATE INDEX ledger_by_event ON ledger (event_id);
CREATE INDEX ledger_by_time ON ledger (recorded_at);

-- Whatever moved before there was a ledger is asked for once more.
UPDATE orders SET check_at = 0
    WHERE check_at IS NULL AND id IN (SELECT order_id FROM attempts WHERE authorized > 0);
