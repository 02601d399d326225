-- Purpose: what a period that begins on a day files a customer under: owner, industry, region and tier of that day, the
-- plan of the largest term on the day before. Changes are dated; the first known value holds for all time before.
-- One row per current customer and stretch of days in which none of it changed, from 0001-01-01 to 9999-12-31.
-- Parameters: everybody (else those in temp wanted).
-- Reads: temp known_terms, wanted; customers_customer, customers_dimensionchange, segments_customertier,
-- segments_pasttier.  Writes: temp filed.
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
DROP TABLE IF EXISTS pg_temp.filed
;;
CREATE TEMP TABLE filed AS
WITH who AS (
    SELECT id AS customer_id, COALESCE(owner_id::text, '') AS owner, industry, region
      FROM customers_customer
     WHERE archived_at IS NULL AND (%(everybody)s OR id IN (SELECT customer_id FROM wanted))
), changes AS (
    SELECT d.customer_id, d.dimension, d.value,
           CASE WHEN lag(d.id) OVER one IS NULL THEN DATE '0001-01-01' ELSE d.since END AS from_on,
           COALESCE(lead(d.since) OVER one - 1, DATE '9999-12-31') AS until_on
      FROM customers_dimensionchange d
      JOIN who w ON w.customer_id = d.customer_id
    WINDOW one AS (PARTITION BY d.customer_id, d.dimension ORDER BY d.since NULLS FIRST)
), tiers AS (
    SELECT t.customer_id, t.tier, t.since AS from_on, DATE '9999-12-31' AS until_on
      FROM segments_customertier t JOIN who w ON w.customer_id = t.customer_id
     UNION ALL
    SELECT t.customer_id, t.tier, t.since, t.until - 1
      FROM segments_pasttier t JOIN who w ON w.customer_id = t.customer_id
     WHERE t.until > t.since
), points AS (
    SELECT customer_id, DATE '0001-01-01' AS day FROM who
     UNION SELECT customer_id, from_on FROM changes
     UNION SELECT customer_id, from_on FROM tiers
     UNION SELECT customer_id, until_on + 1 FROM tiers WHERE until_on < DATE '9999-12-31'
     UNION SELECT customer_id, starts_on + 1 FROM known_terms
     UNION SELECT customer_id, ends_on + 1 FROM known_terms WHERE ends_on < DATE '9999-12-31'
), stretches AS (
    SELECT customer_id, day AS from_on,
           COALESCE(lead(day) OVER (PARTITION BY customer_id ORDER BY day) - 1, DATE '9999-12-31') AS until_on
      FROM points
), plans AS (
    SELECT DISTINCT ON (s.customer_id, s.from_on) s.customer_id, s.from_on, t.plan
      FROM stretches s
      JOIN known_terms t ON t.customer_id = s.customer_id AND t.starts_on < s.from_on AND t.ends_on >= s.from_on
     ORDER BY s.customer_id, s.from_on, t.mrr DESC, t.starts_on DESC, t.id
)
SELECT s.customer_id, s.from_on, s.until_on,
       COALESCE(o.value, w.owner) AS owner,
       COALESCE(i.value, w.industry) AS industry,
       COALESCE(r.value, w.region) AS region,
       COALESCE(p.plan, '') AS plan,
       COALESCE(t.tier, '') AS tier
  FROM stretches s
  JOIN who w ON w.customer_id = s.customer_id
  LEFT JOIN changes o
    ON o.customer_id = s.customer_id AND o.dimension = 'owner' AND s.from_on BETWEEN o.from_on AND o.until_on
  LEFT JOIN changes i
    ON i.customer_id = s.customer_id AND i.dimension = 'industry' AND s.from_on BETWEEN i.from_on AND i.until_on
  LEFT JOIN changes r
    ON r.customer_id = s.customer_id AND r.dimension = 'region' AND s.from_on BETWEEN r.from_on AND r.until_on
  LEFT JOIN tiers t ON t.customer_id = s.customer_id AND s.from_on BETWEEN t.from_on AND t.until_on
  LEFT JOIN plans p ON p.customer_id = s.customer_id AND p.from_on = s.from_on
;;
ANALYZE filed
