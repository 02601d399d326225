-- Purpose: who was there at the start of a period or is at its end, and everything he is filed under at its start.
-- There at the start = active at the end of the day before; at its end = at the end of last_on; active by the spells last
-- built, or by those kept. The cohort is the month of the first purchase, or first paid term, as the policy has it; the
-- RFM segment that of the day before.
-- One row per customer. Parameters: first_on, last_on, by_activity, by_contract.
-- Reads: temp active_spells, filed, first_days, segment_at_start (the same columns kept or built).
-- Writes: temp standing.
DROP TABLE IF EXISTS pg_temp.standing
;;
CREATE TEMP TABLE standing AS
WITH stood AS (
    SELECT customer_id,
           bool_or(from_on < %(first_on)s AND until_on >= %(first_on)s::date - 1) AS was_there,
           bool_or(until_on >= %(last_on)s) AS is_there,
           min(from_on) < %(first_on)s AS was_before
      FROM active_spells
     WHERE from_on <= %(last_on)s
     GROUP BY customer_id
)
SELECT s.customer_id,
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
;;
ANALYZE standing (customer_id)
