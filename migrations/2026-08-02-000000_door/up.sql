-- How the payer comes to a payment: through the provider's page, or at the door. Its words are not checked here: SQLite would
-- rebuild the table for each that is added.
ALTER TABLE attempts ADD COLUMN flow TEXT NOT NULL DEFAULT 'web';

-- Codes that hang at the door. The provider has them; here stands which of them are ours.
CREATE TABLE door_codes (
    sales_unit TEXT NOT NULL REFERENCES sales_units (id),
    id TEXT NOT NULL,
    location TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    scanned_at BIGINT,
    PRIMARY KEY (sales_unit, id)
);

-- Who waits for the next scan of a code, and which order it will pay. At most one at a code, and one for an order.
CREATE TABLE door_waits (
    id UUID NOT NULL PRIMARY KEY,
    sales_unit TEXT NOT NULL REFERENCES sales_units (id),
    code TEXT NOT NULL,
    event_id UUID NOT NULL REFERENCES events (id),
    order_id UUID NOT NULL REFERENCES orders (id),
    asked_by UUID NOT NULL REFERENCES users (id),
    began_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    attempt_id UUID REFERENCES attempts (id)
);
CREATE UNIQUE INDEX one_wait_per_code ON door_waits (sales_unit, code) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_wait_per_order ON door_waits (order_id) WHERE ended_at IS NULL;
CREATE INDEX door_waits_by_order ON door_waits (order_id, id);
