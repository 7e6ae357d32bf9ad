DROP INDEX outbox_payments_by_age;
ALTER TABLE outbox DROP COLUMN unanswered;
DROP TABLE ended_effects;
