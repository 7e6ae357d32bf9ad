-- Over which provider a payment was planned: its create goes there, wherever the agreement has moved since. Empty ids are
-- those of providers that know a payment by our reference alone.
ALTER TABLE attempts ADD COLUMN provider TEXT NOT NULL DEFAULT 'vipps_epayment';
ALTER TABLE attempts ADD COLUMN provider_id TEXT;
