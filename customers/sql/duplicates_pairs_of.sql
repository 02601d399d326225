-- Purpose: as duplicates_pairs.sql, of some customers with anybody; by the index on keys.
-- One row per pair. Parameters: ids, most, most_by_name. Reads: customers_matchkey. Writes: temp duplicate_pairs.
DROP TABLE IF EXISTS pg_temp.duplicate_pairs
;;
CREATE TEMP TABLE duplicate_pairs ON COMMIT DROP AS
WITH mine AS MATERIALIZED (
    SELECT DISTINCT key FROM customers_matchkey WHERE customer_id = ANY (%(ids)s::bigint[])
), blocks AS (
    SELECT found.kind, found.members
    FROM mine
    CROSS JOIN LATERAL (
        SELECT kind, array_agg(customer_id) AS members FROM customers_matchkey AS all_keys
        WHERE all_keys.key = mine.key
        GROUP BY kind
        HAVING count(*) BETWEEN 2 AND CASE WHEN kind = 5 THEN %(most_by_name)s ELSE %(most)s END
    ) AS found
)
SELECT one.id AS first_id, other.id AS second_id, bit_or(1 << blocks.kind) AS shared
FROM blocks
CROSS JOIN LATERAL unnest(blocks.members) AS one (id)
CROSS JOIN LATERAL unnest(blocks.members) AS other (id)
WHERE one.id < other.id AND (one.id = ANY (%(ids)s::bigint[]) OR other.id = ANY (%(ids)s::bigint[]))
GROUP BY one.id, other.id
;;
ANALYZE duplicate_pairs
