ALTER TABLE orders DROP COLUMN settled_elsewhere;
