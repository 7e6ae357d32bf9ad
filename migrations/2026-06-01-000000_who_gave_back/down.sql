ALTER TABLE ledger DROP COLUMN elsewhere;
