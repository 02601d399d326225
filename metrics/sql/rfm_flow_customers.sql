-- Purpose: the customers behind one cell (or row, column) of the movement between two days, the most LTV first.
-- One row per customer: id, LTV (as in rfm_flow.sql), both segments, whether he bought or returned something in
-- between. `was` and `became` NULL = any. Goes on after the customer with (after_ltv, after_id).
-- Parameters: from_on, to_on, is_live, was, became, after_ltv, after_id, most.
-- Reads: scores_scoresnapshot, scores_score, customers_purchase.  Writes: nothing.
WITH earlier AS (
    SELECT customer_id, rfm_segment, ltv_historic
      FROM scores_scoresnapshot WHERE as_of = %(from_on)s AND rfm_segment <> ''
), later AS (
    SELECT customer_id, rfm_segment, ltv_historic
      FROM scores_scoresnapshot WHERE NOT %(is_live)s AND as_of = %(to_on)s AND rfm_segment <> ''
     UNION ALL
    SELECT customer_id, rfm_segment, ltv_historic FROM scores_score WHERE %(is_live)s AND rfm_segment <> ''
), moved AS (
    SELECT coalesce(later.customer_id, earlier.customer_id) AS customer_id,
           coalesce(earlier.rfm_segment, '') AS was,
           coalesce(later.rfm_segment, '') AS became,
           coalesce(later.ltv_historic, earlier.ltv_historic, 0) AS ltv
      FROM earlier
      FULL JOIN later ON later.customer_id = earlier.customer_id
)
SELECT moved.*, EXISTS (
       SELECT FROM customers_purchase AS purchase
        WHERE purchase.customer_id = moved.customer_id
          AND purchase.purchased_on > %(from_on)s AND purchase.purchased_on <= %(to_on)s) AS is_own
  FROM moved
 WHERE (%(was)s::text IS NULL OR was = %(was)s) AND (%(became)s::text IS NULL OR became = %(became)s)
   AND (%(after_id)s::bigint IS NULL OR (-ltv, customer_id) > (-%(after_ltv)s::numeric, %(after_id)s))
 ORDER BY -ltv, customer_id
 LIMIT %(most)s
