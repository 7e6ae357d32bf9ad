DROP INDEX attempts_by_person;
DROP INDEX orders_rung;
