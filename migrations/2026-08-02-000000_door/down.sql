DROP TABLE door_waits;
DROP TABLE door_codes;
ALTER TABLE attempts DROP COLUMN flow;
