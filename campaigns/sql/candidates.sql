-- Purpose: who has a cause to enter a series, in a table of this transaction: campaign_causes (given by name).
-- One row per customer and cause: customer_id, cause. Parameters: customers (ids), causes (as many).
-- Reads: nothing. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_causes
;;
CREATE TEMPORARY TABLE campaign_causes ON COMMIT DROP AS
SELECT given.customer_id, given.cause
FROM unnest(%(customers)s::bigint[], %(causes)s::text[]) AS given (customer_id, cause)
