-- Purpose: how many customers have which score, RFM segment and stage before and after other settings.
-- One row per kind (r, f, m, segment, stage) and key; kind `changed` counts who is in another one afterwards.
-- Reads: temp rfm_before, lifecycles_before, rfm, lifecycles.  Writes: nothing.
WITH standing AS (
    SELECT one.kind, one.key, TRUE AS is_before
      FROM rfm_before, LATERAL (
           VALUES ('r', r::text), ('f', f::text), ('m', m::text), ('segment', rfm_segment)) AS one (kind, key)
    UNION ALL
    SELECT one.kind, one.key, FALSE
      FROM rfm, LATERAL (
           VALUES ('r', r::text), ('f', f::text), ('m', m::text), ('segment', rfm_segment)) AS one (kind, key)
    UNION ALL
    SELECT 'stage', lifecycle, TRUE FROM lifecycles_before
    UNION ALL
    SELECT 'stage', lifecycle, FALSE FROM lifecycles
)
SELECT kind, key, count(*) FILTER (WHERE is_before) AS before, count(*) FILTER (WHERE NOT is_before) AS after
  FROM standing
 GROUP BY kind, key
UNION ALL
SELECT 'changed', 'segment', 0, count(*)
  FROM rfm JOIN rfm_before AS b USING (customer_id)
 WHERE rfm.rfm_segment <> b.rfm_segment
UNION ALL
SELECT 'changed', 'stage', 0, count(*)
  FROM lifecycles JOIN lifecycles_before AS b USING (customer_id)
 WHERE lifecycles.lifecycle <> b.lifecycle
