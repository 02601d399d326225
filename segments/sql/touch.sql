-- Purpose: makes the stored tiers equal to temp touch_wanted; a tier that ends becomes a row of the past [since, until).
-- One row per customer with scores. What changed and came back on one day never changed; a tier of one day's part leaves
-- no past. Parameters: as_of, why (what new tiers say they come from, unless set by hand), only (one customer, or NULL).
-- Reads: temp touch_wanted (customer_id, tier, is_by_hand).  Writes: segments_customertier, segments_pasttier, temp tables.
DROP TABLE IF EXISTS pg_temp.touch_moves
;;
CREATE TEMP TABLE touch_moves AS
SELECT have.customer_id, have.tier AS old_tier, have.since, have.why AS old_why, wanted.tier,
       CASE WHEN wanted.is_by_hand THEN 'hand' ELSE %(why)s END AS why,
       past.id AS back_to, past.since AS back_since, past.why AS back_why
  FROM segments_customertier AS have
  LEFT JOIN touch_wanted AS wanted ON wanted.customer_id = have.customer_id
  LEFT JOIN segments_pasttier AS past
    ON past.customer_id = have.customer_id AND past.until = %(as_of)s AND past.tier = wanted.tier AND have.since = %(as_of)s
 WHERE wanted.tier IS DISTINCT FROM have.tier AND (%(only)s::bigint IS NULL OR have.customer_id = %(only)s)
;;
ANALYZE touch_moves
;;
INSERT INTO segments_pasttier (customer_id, tier, since, until, why)
SELECT customer_id, old_tier, since, %(as_of)s, old_why FROM touch_moves WHERE since < %(as_of)s
;;
DELETE FROM segments_pasttier AS past USING touch_moves AS moved WHERE past.id = moved.back_to
;;
DELETE FROM segments_customertier AS have USING touch_moves AS moved
 WHERE have.customer_id = moved.customer_id AND moved.tier IS NULL
;;
UPDATE segments_customertier AS have
   SET tier = moved.tier, since = COALESCE(moved.back_since, %(as_of)s), why = COALESCE(moved.back_why, moved.why)
  FROM touch_moves AS moved
 WHERE have.customer_id = moved.customer_id AND moved.tier IS NOT NULL
;;
-- Found before they are written: a statement that looks for them in the table it fills reads its own rows again and again.
DROP TABLE IF EXISTS pg_temp.touch_new
;;
CREATE TEMP TABLE touch_new AS
SELECT wanted.customer_id, wanted.tier, CASE WHEN wanted.is_by_hand THEN 'hand' ELSE %(why)s END AS why
  FROM touch_wanted AS wanted
 WHERE NOT EXISTS (SELECT FROM segments_customertier AS have WHERE have.customer_id = wanted.customer_id)
;;
INSERT INTO segments_customertier (customer_id, tier, since, why)
SELECT customer_id, tier, %(as_of)s, why FROM touch_new
;;
ANALYZE segments_customertier
