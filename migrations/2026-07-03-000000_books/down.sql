DROP INDEX ledger_as_it_happened;
