-- Purpose: what standing.sql and standing_kept.sql have in common; they name what it reads.
-- Reads: active_spells, filed, first_days, segment_at_start.  Writes: nothing by itself.
stood AS (
    SELECT customer_id,
           bool_or(from_on < %(first_on)s AND until_on >= %(first_on)s::date - 1) AS was_there,
           bool_or(until_on >= %(last_on)s) AS is_there,
           min(from_on) < %(first_on)s AS was_before
      FROM active_spells
     WHERE from_on <= %(last_on)s
     GROUP BY customer_id
)
SELECT s.customer_id,
       %(first_on)s::date AS first_on,
       %(last_on)s::date AS last_on,
       s.was_there,
       s.was_there AND NOT s.is_there AS is_lost,
       s.is_there AND NOT s.was_there AND NOT s.was_before AS has_joined,
       s.is_there AND NOT s.was_there AND s.was_before AS is_won_back,
       COALESCE(f.owner, '') AS owner,
       COALESCE(g.rfm_segment, '') AS segment,
       COALESCE(f.industry, '') AS industry,
       COALESCE(f.region, '') AS region,
       COALESCE(f.plan, '') AS plan,
       COALESCE(f.tier, '') AS tier,
       COALESCE(to_char(LEAST(CASE WHEN %(by_activity)s THEN d.bought_on END,
                              CASE WHEN %(by_contract)s THEN d.signed_on END), 'YYYY-MM'), '') AS cohort
  FROM stood s
  LEFT JOIN filed f ON f.customer_id = s.customer_id AND %(first_on)s BETWEEN f.from_on AND f.until_on
  LEFT JOIN first_days d ON d.customer_id = s.customer_id
  LEFT JOIN segment_at_start g ON g.customer_id = s.customer_id AND g.eve = %(first_on)s::date - 1
 WHERE s.was_there OR s.is_there
