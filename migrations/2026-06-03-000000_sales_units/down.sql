ALTER TABLE webhook_registrations DROP COLUMN sales_unit;
ALTER TABLE orders DROP COLUMN test_mode;
ALTER TABLE orders DROP COLUMN sales_unit;
DROP INDEX events_by_sales_unit;
ALTER TABLE events DROP COLUMN sales_unit;
DROP TABLE sales_units;
DROP TABLE credentials;
DROP TABLE agreements;
