-- The books are read by the time at which amounts moved.
CREATE INDEX ledger_as_it_happened ON ledger (happened_at, id);
