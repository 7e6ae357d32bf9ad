-- What became of each effect at a payment provider, once the outbox has let it go: people ask what was sent, how often it
-- was tried and where it stands. Empty tries are those that nobody counted.
CREATE TABLE ended_effects (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('create', 'close', 'capture', 'release', 'refund')),
    event_id UUID NOT NULL REFERENCES events (id),
    order_id UUID NOT NULL REFERENCES orders (id),
    attempt_id UUID NOT NULL REFERENCES attempts (id),
    amount BIGINT,
    ending TEXT NOT NULL CHECK (ending IN ('done', 'unanswered', 'refused', 'given_up')),
    tries BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL
);
CREATE INDEX ended_effects_by_age ON ended_effects (created_at, id);
CREATE INDEX ended_effects_by_order ON ended_effects (order_id, created_at, id);
-- Letters, of which there may be many more, need no place there.
CREATE INDEX outbox_payments_by_age ON outbox (created_at, id) WHERE attempt_id IS NOT NULL;

-- True when a call went out and no answer came: it may have been done.
ALTER TABLE outbox ADD COLUMN unanswered BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE outbox SET unanswered = TRUE WHERE last_error LIKE 'the provider''s answer is unknown%';

-- What was done before is known by what is left of it: payments that were made, and amounts that calls of ours moved.
INSERT INTO ended_effects (id, kind, event_id, order_id, attempt_id, amount, ending, tries, created_at, ended_at)
    SELECT attempts.id, 'create', attempts.event_id, attempts.order_id, attempts.id, NULL,
        CASE WHEN attempts.state = 'abandoned' THEN 'given_up' ELSE 'done' END,
        NULL, attempts.created_at, COALESCE(attempts.create_ended_at, attempts.created_at)
    FROM attempts
    WHERE attempts.state NOT IN ('planned', 'sent') AND attempts.create_ended_at IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.attempt_id = attempts.id AND outbox.kind = 'create');
INSERT INTO ended_effects (id, kind, event_id, order_id, attempt_id, amount, ending, tries, created_at, ended_at)
    SELECT ledger.id,
        CASE ledger.kind WHEN 'captured' THEN 'capture' WHEN 'refunded' THEN 'refund' ELSE 'release' END,
        ledger.event_id, ledger.order_id, ledger.attempt_id, ledger.amount, 'done', NULL,
        ledger.happened_at, ledger.happened_at
    FROM ledger
    WHERE (ledger.kind = 'captured' AND ledger.provider_key LIKE 'capture-%')
        OR (ledger.kind = 'refunded' AND ledger.provider_key LIKE 'refund-%')
        OR (ledger.kind = 'cancelled' AND ledger.provider_key LIKE 'release-%');
