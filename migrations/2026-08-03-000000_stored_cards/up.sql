-- What is known of a charge of a stored card: how often it was tried again, and when it failed. An attempt that ended
-- because its card was not charged is 'terminated' with the moment of the failure beside it.
ALTER TABLE attempts ADD COLUMN retries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN failed_at BIGINT;
ALTER TABLE attempts ADD COLUMN retried_at BIGINT;

-- That somebody has a card on file with a provider. The card itself is there and never here; the page on which it is
-- being registered has a token, which stands here sealed until the registration has ended.
CREATE TABLE cards (
    user_id UUID NOT NULL REFERENCES users (id),
    agreement_id TEXT NOT NULL REFERENCES agreements (id),
    page_sealed BYTEA,
    page_key_id TEXT,
    page_opened_at BIGINT,
    attached_at BIGINT,
    PRIMARY KEY (user_id, agreement_id)
);
