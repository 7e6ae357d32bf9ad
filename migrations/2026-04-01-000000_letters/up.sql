-- Calls to the provider and letters are fetched apart, so that a thousand letters hold up no payment.
CREATE INDEX outbox_due_by_kind ON outbox (kind, due_at, id) WHERE parked_at IS NULL;
