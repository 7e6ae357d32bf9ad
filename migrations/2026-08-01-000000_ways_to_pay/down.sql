ALTER TABLE attempts DROP COLUMN provider_id;
ALTER TABLE attempts DROP COLUMN provider;
