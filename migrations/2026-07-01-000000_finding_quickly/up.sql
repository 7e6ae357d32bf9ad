-- Orders that somebody rang for are looked at first, however many others are due.
CREATE INDEX orders_rung ON orders (check_at) WHERE bells > bells_heard;
-- Whether a person has a live payment at an event is asked with every seat that costs something.
CREATE INDEX attempts_by_person ON attempts (event_id, user_id, created_at, id);
