-- Purpose: who stood in which RFM segment on one day, and in which on a later one.
-- One row per pair of segments ('' = not scored on that day), the empty pair left out: customers, how many of them
-- bought or returned something in between (own), their historic LTV at the later day (at the earlier one where they
-- are no longer scored), and what they brought in between.
-- Parameters: from_on, to_on (after it), is_live (the later day is that of the stored scores, not a snapshot).
-- Reads: scores_scoresnapshot, scores_score, customers_purchase.  Writes: nothing.
WITH earlier AS (
    SELECT customer_id, rfm_segment, ltv_historic
      FROM scores_scoresnapshot WHERE as_of = %(from_on)s AND rfm_segment <> ''
), later AS (
    SELECT customer_id, rfm_segment, ltv_historic
      FROM scores_scoresnapshot WHERE NOT %(is_live)s AND as_of = %(to_on)s AND rfm_segment <> ''
     UNION ALL
    SELECT customer_id, rfm_segment, ltv_historic FROM scores_score WHERE %(is_live)s AND rfm_segment <> ''
), acted AS (
    SELECT customer_id, sum(amount) AS brought
      FROM customers_purchase
     WHERE purchased_on > %(from_on)s AND purchased_on <= %(to_on)s
     GROUP BY customer_id
)
SELECT coalesce(earlier.rfm_segment, '') AS was,
       coalesce(later.rfm_segment, '') AS became,
       count(*) AS customers,
       count(acted.customer_id) AS own,
       coalesce(sum(coalesce(later.ltv_historic, earlier.ltv_historic)), 0) AS ltv,
       coalesce(sum(acted.brought), 0) AS brought
  FROM earlier
  FULL JOIN later ON later.customer_id = earlier.customer_id
  LEFT JOIN acted ON acted.customer_id = coalesce(later.customer_id, earlier.customer_id)
 GROUP BY 1, 2
