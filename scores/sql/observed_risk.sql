-- Purpose: churn risk where it is counted, not modelled: of those who stood 90 days ago where a customer stands now,
-- the share not active today. Where: signed customers by tenure, others by how long they are quiet.
-- One row per customer with such an observation. Kinds: S signed (tenure in months under unbroken cover: < 3, 6,
-- 12, 24, 36, more), Q quiet (tenths of N, 10 = N and more), E ended contract. Nobody stood there: no figure.
-- Reads: temp active_spells, activity_days, contract_cover, lifecycles.  Writes: temp observed_risk.
DROP TABLE IF EXISTS pg_temp.observed_risk
;;
CREATE TEMP TABLE observed_risk AS
WITH days AS (
    SELECT %(as_of)s::date - 90 AS day, 'then' AS at
    UNION ALL
    SELECT %(as_of)s::date, 'now'
), signed AS (
    SELECT d.at, c.customer_id,
           bool_or(c.until_on - CASE WHEN %(month_end)s THEN 1 ELSE 0 END >= d.day) AS is_signed,
           d.day - max(c.from_on) AS tenure
      FROM days d JOIN contract_cover c ON c.from_on <= d.day
     WHERE %(by_contract)s
     GROUP BY d.at, d.day, c.customer_id
), quiet AS (
    SELECT d.at, a.customer_id, d.day - max(a.day) AS quiet
      FROM days d JOIN activity_days a ON a.day <= d.day
     GROUP BY d.at, d.day, a.customer_id
), places AS (
    SELECT COALESCE(s.at, q.at) AS at,
           COALESCE(s.customer_id, q.customer_id) AS customer_id,
           CASE WHEN s.is_signed THEN 'S' WHEN q.quiet IS NULL THEN 'E' ELSE 'Q' END AS kind,
           CASE WHEN s.is_signed THEN width_bucket(s.tenure / 30.4375, ARRAY[3, 6, 12, 24, 36]::double precision[])
                WHEN q.quiet IS NOT NULL THEN LEAST(10, 10 * q.quiet / %(inactivity_days)s)
                ELSE 0 END AS bucket
      FROM signed s FULL JOIN quiet q ON q.customer_id = s.customer_id AND q.at = s.at
), shares AS (
    SELECT p.kind, p.bucket, avg(CASE WHEN l.is_active THEN 0.0 ELSE 1.0 END)::double precision AS risk
      FROM places p JOIN lifecycles l ON l.customer_id = p.customer_id
     WHERE p.at = 'then'
     GROUP BY p.kind, p.bucket
)
SELECT p.customer_id, p.kind, s.risk
  FROM places p JOIN shares s ON s.kind = p.kind AND s.bucket = p.bucket
 WHERE p.at = 'now'
;;
ANALYZE observed_risk
