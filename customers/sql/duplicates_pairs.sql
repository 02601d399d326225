-- Purpose: customers who share a key. A key of more than `most` customers (a switchboard, a building, for a name alone
--          `most_by_name`) says nothing about two of them: it makes no pair and counts as no evidence.
-- One row per pair; `shared` has a bit per kind of key. Parameters: most, most_by_name.
-- Reads: customers_matchkey. Writes: temp duplicate_pairs.
DROP TABLE IF EXISTS pg_temp.duplicate_pairs
;;
CREATE TEMP TABLE duplicate_pairs ON COMMIT DROP AS
WITH blocks AS (
    SELECT kind, array_agg(customer_id) AS members
    FROM customers_matchkey
    GROUP BY key, kind
    HAVING count(*) BETWEEN 2 AND CASE WHEN kind = 5 THEN %(most_by_name)s ELSE %(most)s END
)
SELECT one.id AS first_id, other.id AS second_id, bit_or(1 << blocks.kind) AS shared
FROM blocks
CROSS JOIN LATERAL unnest(blocks.members) AS one (id)
CROSS JOIN LATERAL unnest(blocks.members) AS other (id)
WHERE one.id < other.id
GROUP BY one.id, other.id
;;
ANALYZE duplicate_pairs
