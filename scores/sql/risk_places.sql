-- Purpose: where customers stand on given days, for risk that is counted, not modelled: customers who stand alike are
-- judged by what became of those who stood there before.
-- One row per day and customer who was ever active or under contract by then. Kinds: S under contract without a known
-- end (bucket: months under unbroken cover: < 3, 6, 12, 24, 36, more), N and L under contract with notice given
-- (contract_features), Q quiet (tenths of N, 10 = N and more), E ended contract.
-- Reads: temp activity_days, contract_cover, contract_features.  Writes: temp risk_places.
DROP TABLE IF EXISTS pg_temp.risk_places
;;
CREATE TEMP TABLE risk_places AS
WITH days AS (
    SELECT unnest(%(on_days)s::date[]) AS day
), ever_signed AS (
    SELECT d.day, c.customer_id
      FROM days d JOIN contract_cover c ON c.from_on <= d.day
     WHERE %(by_contract)s
     GROUP BY d.day, c.customer_id
), quiet AS (
    SELECT d.day, a.customer_id, d.day - max(a.day) AS quiet
      FROM days d JOIN activity_days a ON a.day <= d.day
     GROUP BY d.day, a.customer_id
), known AS (
    SELECT COALESCE(s.day, q.day) AS day, COALESCE(s.customer_id, q.customer_id) AS customer_id, q.quiet
      FROM ever_signed s FULL JOIN quiet q ON q.customer_id = s.customer_id AND q.day = s.day
)
SELECT k.day, k.customer_id,
       CASE WHEN f.kind = 'M' THEN 'S' WHEN f.kind IS NOT NULL THEN f.kind WHEN k.quiet IS NULL THEN 'E' ELSE 'Q'
       END AS kind,
       CASE WHEN f.kind IS NOT NULL
            THEN width_bucket(f.tenure_days / 30.4375, ARRAY[3, 6, 12, 24, 36]::double precision[])
            WHEN k.quiet IS NULL THEN 0
            ELSE LEAST(10, 10 * k.quiet / %(inactivity_days)s) END AS bucket
  FROM known k
  LEFT JOIN contract_features f ON f.customer_id = k.customer_id AND f.day = k.day
;;
ANALYZE risk_places
