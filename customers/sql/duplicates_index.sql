-- Purpose: the indexes of the keys (migration 0010), by which some customers are compared with everybody.
-- Reads and writes: customers_matchkey.
CREATE INDEX IF NOT EXISTS matchkeys_by_key ON customers_matchkey (key)
;;
CREATE INDEX IF NOT EXISTS matchkeys_by_customer ON customers_matchkey (customer_id)
;;
ANALYZE customers_matchkey
