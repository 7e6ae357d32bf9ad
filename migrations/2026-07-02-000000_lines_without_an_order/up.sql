-- What is about no order is not looked for by its order: a free seat's lines and letters need no place there.
DROP INDEX trail_by_order;
CREATE INDEX trail_by_order ON trail (order_id, id) WHERE order_id IS NOT NULL;
DROP INDEX outbox_by_order;
CREATE INDEX outbox_by_order ON outbox (order_id) WHERE order_id IS NOT NULL;
