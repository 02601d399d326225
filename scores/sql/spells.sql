-- Purpose: the one truth for "active under the churn policy". A customer is active at the end of day X
-- (X ≤ as_of) exactly when one of his spells has from_on ≤ X ≤ until_on. Who has no spell is a prospect.
-- One row per customer and spell (maximal: days on which spells touch are one spell). Spells reach into
-- the future where nothing known ends them; 9999-12-31 stands for "open".
--   activity_days   customer, day: purchases (and by choice logins, from the first purchase or paid term on)
--   active_spells   the union, as the policy has it; month_end: the day after must be covered as well
-- Activity lasts inactivity_days: a day more than that many after the one before begins another stretch.
-- Reads: temp purchase_days, known_terms, contract_cover, these_logins.  Writes: temp activity_days, active_spells.
DROP TABLE IF EXISTS pg_temp.activity_days
;;
CREATE TEMP TABLE activity_days AS
SELECT customer_id, day FROM purchase_days WHERE %(by_activity)s
;;
INSERT INTO activity_days
WITH since AS (
    SELECT customer_id, min(day) AS day
      FROM (SELECT customer_id, day FROM purchase_days
            UNION ALL
            SELECT customer_id, starts_on FROM known_terms WHERE is_paid AND starts_on <= %(as_of)s) AS first_days
     GROUP BY customer_id
)
SELECT l.customer_id, l.logged_in_on
  FROM these_logins l
  JOIN since s ON s.customer_id = l.customer_id AND l.logged_in_on >= s.day
 WHERE %(by_login)s AND l.logged_in_on <= %(as_of)s
   AND NOT EXISTS (SELECT 1 FROM purchase_days p WHERE p.customer_id = l.customer_id AND p.day = l.logged_in_on)
 GROUP BY l.customer_id, l.logged_in_on
;;
ANALYZE activity_days (customer_id, day)
;;
DROP TABLE IF EXISTS pg_temp.active_spells
;;
CREATE TEMP TABLE active_spells AS
WITH steps AS (
    SELECT customer_id, day, lag(day) OVER one AS before, lead(day) OVER one AS after
      FROM activity_days
    WINDOW one AS (PARTITION BY customer_id ORDER BY day)
), edges AS (
    SELECT customer_id, day,
           before IS NULL OR day > before + %(inactivity_days)s AS begins,
           after IS NULL OR after > day + %(inactivity_days)s AS ends
      FROM steps
), activity AS (
    SELECT customer_id, day AS from_on, begins,
           CASE WHEN ends THEN day ELSE lead(day) OVER (PARTITION BY customer_id ORDER BY day) END
               + %(inactivity_days)s - 1 AS until_on
      FROM edges
     WHERE begins OR ends
), stretches AS (
    SELECT customer_id, from_on, until_on FROM activity WHERE begins
    UNION ALL
    SELECT customer_id, from_on, until_on - CASE WHEN %(month_end)s THEN 1 ELSE 0 END
      FROM contract_cover
     WHERE %(by_contract)s AND until_on - CASE WHEN %(month_end)s THEN 1 ELSE 0 END >= from_on
), spells AS (
    SELECT customer_id, unnest(range_agg(daterange(from_on, until_on, '[]'))) AS days FROM stretches GROUP BY customer_id
)
SELECT customer_id, lower(days) AS from_on, upper(days) - 1 AS until_on
  FROM spells
;;
CREATE INDEX ON active_spells (customer_id, from_on)
;;
ANALYZE active_spells
