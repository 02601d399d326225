-- Purpose: what movements.sql and movements_kept.sql have in common; they name what it reads.
-- Reads: revenue_spells, filed, segment_at_start.  Writes: nothing by itself.
ends AS (
    SELECT customer_id,
           COALESCE(sum(mrr) FILTER (WHERE from_on < %(first_on)s AND until_on >= %(first_on)s::date - 1), 0) AS was,
           COALESCE(sum(mrr) FILTER (WHERE until_on >= %(last_on)s), 0) AS became,
           COALESCE(sum(paused) FILTER (WHERE until_on >= %(last_on)s), 0) AS paused,
           min(from_on) FILTER (WHERE mrr > 0) AS paid_on
      FROM revenue_spells
     WHERE from_on <= %(last_on)s
     GROUP BY customer_id
)
SELECT e.customer_id, e.was, e.became, e.paused,
       CASE WHEN e.was = 0 AND e.paid_on < %(first_on)s THEN 'reactivated'
            WHEN e.was = 0 THEN 'new'
            WHEN e.became = 0 THEN 'churned'
            WHEN e.became > e.was THEN 'expansion'
            WHEN e.became < e.was THEN 'contraction'
            ELSE 'same'
       END AS move,
       COALESCE(f.owner, '') AS owner,
       COALESCE(g.rfm_segment, '') AS segment,
       COALESCE(f.industry, '') AS industry,
       COALESCE(f.region, '') AS region,
       CASE WHEN e.was > 0 THEN COALESCE(f.plan, '')
            ELSE COALESCE((SELECT l.plan FROM filed l
                            WHERE l.customer_id = e.customer_id AND %(last_on)s::date + 1 BETWEEN l.from_on AND l.until_on), '')
       END AS plan,
       COALESCE(f.tier, '') AS tier,
       to_char(e.paid_on, 'YYYY-MM') AS cohort
  FROM ends e
  LEFT JOIN filed f ON f.customer_id = e.customer_id AND %(first_on)s BETWEEN f.from_on AND f.until_on
  LEFT JOIN segment_at_start g ON g.customer_id = e.customer_id AND g.eve = %(first_on)s::date - 1
 WHERE e.was > 0 OR e.became > 0
