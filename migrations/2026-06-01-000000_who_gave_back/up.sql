-- True when the provider's log says that somebody moved the amount in its portal, and not the payer or a call of ours. Of
-- lines that are there already nobody knows it any more.
ALTER TABLE ledger ADD COLUMN elsewhere BOOLEAN NOT NULL DEFAULT FALSE;
