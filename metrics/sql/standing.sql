-- Purpose: who was active at the start of each period, whether he is not active at its end, and the value of one
-- dimension he had at the start. At start = active at the end of the day before; active by the spells last built.
-- One row per period and customer active at its start.
-- Parameters: firsts, lasts (days), dimension ('' = everybody, owner, industry, region, plan, segment, tier).
-- Reads: temp active_spells, known_terms, segment_at_start; customers_dimensionchange, customers_customer,
-- segments_customertier, segments_pasttier.
-- Writes: temp standing.
DROP TABLE IF EXISTS pg_temp.standing
;;
CREATE TEMP TABLE standing AS
WITH periods AS (
    SELECT first_on, last_on FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
), at_start AS (
    SELECT p.first_on, p.last_on, s.customer_id,
           NOT EXISTS (
               SELECT 1 FROM active_spells e
                WHERE e.customer_id = s.customer_id AND e.from_on <= p.last_on AND e.until_on >= p.last_on
           ) AS is_lost
      FROM periods p
      JOIN active_spells s ON s.from_on < p.first_on AND s.until_on >= p.first_on - 1
), plans AS (
    SELECT DISTINCT ON (a.first_on, a.customer_id) a.first_on, a.customer_id, t.plan
      FROM at_start a
      JOIN known_terms t ON t.customer_id = a.customer_id AND t.starts_on < a.first_on AND t.ends_on >= a.first_on
     WHERE %(dimension)s = 'plan'
     ORDER BY a.first_on, a.customer_id, t.mrr DESC, t.starts_on DESC, t.id
)
SELECT a.first_on, a.last_on, a.customer_id, a.is_lost,
       CASE
           WHEN %(dimension)s = '' THEN NULL
           WHEN %(dimension)s = 'segment' THEN COALESCE((
               SELECT g.rfm_segment FROM segment_at_start g
                WHERE g.customer_id = a.customer_id AND g.first_on = a.first_on), '')
           WHEN %(dimension)s = 'plan' THEN COALESCE(l.plan, '')
           WHEN %(dimension)s = 'tier' THEN COALESCE(
               (SELECT t.tier FROM segments_customertier t WHERE t.customer_id = a.customer_id AND t.since <= a.first_on),
               (SELECT t.tier FROM segments_pasttier t
                 WHERE t.customer_id = a.customer_id AND t.since <= a.first_on AND t.until > a.first_on), '')
           ELSE COALESCE(
               (SELECT d.value FROM customers_dimensionchange d
                 WHERE d.customer_id = a.customer_id AND d.dimension = %(dimension)s
                   AND (d.since IS NULL OR d.since <= a.first_on)
                 ORDER BY d.since DESC NULLS LAST LIMIT 1),
               CASE %(dimension)s
                   WHEN 'owner' THEN COALESCE(c.owner_id::text, '')
                   WHEN 'industry' THEN c.industry
                   WHEN 'region' THEN c.region
               END)
       END AS value
  FROM at_start a
  JOIN customers_customer c ON c.id = a.customer_id
  LEFT JOIN plans l ON l.first_on = a.first_on AND l.customer_id = a.customer_id
