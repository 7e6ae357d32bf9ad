-- What a person said was settled elsewhere: while no more than this is left on the order, the house leaves it alone.
ALTER TABLE orders ADD COLUMN settled_elsewhere BIGINT CHECK (settled_elsewhere >= 0);
