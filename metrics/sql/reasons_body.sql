-- Purpose: what reasons.sql and reasons_kept.sql have in common: those lost in a period by what they said, by each cut
-- and as a whole. mrr: monthly amounts at the period's start; sales: bought by its end, net of refunds.
-- Reads: what behind.sql and why_lost.sql read; customers_contract, customers_purchase, segments_membership,
-- segments_segment.
--> metrics/sql/behind.sql
, said AS MATERIALIZED (
    SELECT l.customer_id, why.reason, why.competitor, why.topic,
           (SELECT COALESCE(sum(t.mrr), 0) FROM customers_contract t
             WHERE t.customer_id = l.customer_id AND NOT t.is_trial AND t.starts_on < %(first_on)s
               AND COALESCE(t.ends_on, DATE '9999-12-31') >= %(first_on)s
               AND NOT EXISTS (
                   SELECT FROM customers_contract n
                    WHERE n.contract_id = t.contract_id AND n.starts_on > t.starts_on AND n.starts_on < %(first_on)s)) AS mrr,
           (SELECT COALESCE(sum(p.amount), 0) FROM customers_purchase p
             WHERE p.customer_id = l.customer_id AND p.purchased_on <= %(last_on)s) AS sales
      FROM found l
      --> metrics/sql/why_lost.sql
), told AS (
    SELECT '' AS cut, '' AS value, e.* FROM said e
     UNION ALL
    SELECT asked.cut, of_then.value, e.*
      FROM said e
     CROSS JOIN (SELECT cut, NULL::text AS value FROM unnest(%(every_cut)s::text[]) AS cuts (cut)) AS asked
     CROSS JOIN LATERAL (SELECT
         --> metrics/sql/value_at_start.sql
         AS value) AS of_then
     UNION ALL
    SELECT 'membership', g.slug, e.*
      FROM said e
      JOIN segments_membership m ON m.customer_id = e.customer_id AND m.entered_on < %(first_on)s
           AND (m.left_on IS NULL OR m.left_on >= %(first_on)s)
      JOIN segments_segment g ON g.id = m.segment_id
)
SELECT f.cut AS dimension, f.value AS "group", k.kind, k.said AS value, count(*) AS lost, sum(f.mrr) AS mrr, sum(f.sales) AS sales
  FROM told f
 CROSS JOIN LATERAL (VALUES ('reason', f.reason), ('competitor', f.competitor), ('topic', f.topic)) AS k (kind, said)
 GROUP BY f.cut, f.value, k.kind, k.said
