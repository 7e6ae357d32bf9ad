-- When a duty was last done, and what came of it, for whoever watches the house: whichever process did it.
ALTER TABLE duties ADD COLUMN done_at BIGINT;
ALTER TABLE duties ADD COLUMN report TEXT;
