-- Purpose: what the members of a segment are worth and what they are: everybody, by lifecycle stage, by RFM segment.
-- One row per value of each cut (`cut` = all, lifecycle, rfm): customers, historic LTV, MRR.
-- Parameters: segment.
-- Reads: segments_membership, scores_score.  Writes: nothing.
WITH members AS (
    SELECT stay.customer_id, coalesce(score.lifecycle, '') AS lifecycle, coalesce(score.rfm_segment, '') AS rfm,
           score.ltv_historic, score.mrr
      FROM segments_membership AS stay
      LEFT JOIN scores_score AS score ON score.customer_id = stay.customer_id
     WHERE stay.segment_id = %(segment)s AND stay.left_on IS NULL
)
SELECT CASE WHEN grouping(lifecycle) = 0 THEN 'lifecycle' WHEN grouping(rfm) = 0 THEN 'rfm' ELSE 'all' END AS cut,
       coalesce(lifecycle, rfm, '') AS value,
       count(*) AS customers,
       coalesce(sum(ltv_historic), 0) AS ltv,
       coalesce(sum(mrr), 0) AS mrr
  FROM members
 GROUP BY GROUPING SETS ((), (lifecycle), (rfm))
 ORDER BY cut, customers DESC, value
