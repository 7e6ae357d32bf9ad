DROP TABLE cards;
ALTER TABLE attempts DROP COLUMN retried_at;
ALTER TABLE attempts DROP COLUMN failed_at;
ALTER TABLE attempts DROP COLUMN retries;
