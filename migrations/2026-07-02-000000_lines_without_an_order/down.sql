DROP INDEX outbox_by_order;
CREATE INDEX outbox_by_order ON outbox (order_id);
DROP INDEX trail_by_order;
CREATE INDEX trail_by_order ON trail (order_id, id);
