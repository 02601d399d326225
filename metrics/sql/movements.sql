-- Purpose: how each customer's monthly amount moved between the two ends of a period.
--   was, became  the amounts at the end of the day before the period and at the end of its last day
--   move         new (never paid before the period), reactivated (before, but not at the start), expansion, contraction,
--                churned, same
--   paused       the part of `became` that pauses, inside it
--   value        of one dimension at the period's start; plan: who was not under contract then by that of the end
-- One row per period and customer with an amount above 0 at one of its ends.
-- Parameters: firsts, lasts (days), dimension ('' = everybody, owner, industry, region, plan, segment, tier, cohort).
-- Reads: temp revenue_spells, known_terms, segment_at_start; customers_dimensionchange, customers_customer,
-- segments_customertier, segments_pasttier.  Writes: temp movements.
DROP TABLE IF EXISTS pg_temp.movements
;;
CREATE TEMP TABLE movements AS
WITH periods AS (
    SELECT first_on, last_on FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
), ends AS (
    SELECT p.first_on, p.last_on, s.customer_id,
           COALESCE(sum(s.mrr) FILTER (WHERE s.from_on < p.first_on), 0) AS was,
           COALESCE(sum(s.mrr) FILTER (WHERE s.until_on >= p.last_on), 0) AS became,
           COALESCE(sum(s.paused) FILTER (WHERE s.until_on >= p.last_on), 0) AS paused
      FROM periods p
      JOIN revenue_spells s ON s.from_on <= p.last_on AND s.until_on >= p.first_on - 1
     WHERE (s.from_on < p.first_on OR s.until_on >= p.last_on)
     GROUP BY p.first_on, p.last_on, s.customer_id
), moved AS (
    SELECT e.*,
           CASE WHEN e.was = 0 AND EXISTS (
                    SELECT FROM revenue_spells b
                     WHERE b.customer_id = e.customer_id AND b.from_on < e.first_on AND b.mrr > 0) THEN 'reactivated'
                WHEN e.was = 0 THEN 'new'
                WHEN e.became = 0 THEN 'churned'
                WHEN e.became > e.was THEN 'expansion'
                WHEN e.became < e.was THEN 'contraction'
                ELSE 'same'
           END AS move
      FROM ends e
     WHERE e.was > 0 OR e.became > 0
), plans AS (
    SELECT DISTINCT ON (m.first_on, m.customer_id) m.first_on, m.customer_id, t.plan
      FROM moved m
      JOIN known_terms t ON t.customer_id = m.customer_id AND t.is_paid
       AND t.starts_on <= CASE WHEN m.was > 0 THEN m.first_on - 1 ELSE m.last_on END
       AND t.ends_on > CASE WHEN m.was > 0 THEN m.first_on - 1 ELSE m.last_on END
     WHERE %(dimension)s = 'plan'
     ORDER BY m.first_on, m.customer_id, t.mrr DESC, t.starts_on DESC, t.id
), began AS (
    SELECT customer_id, to_char(min(from_on), 'YYYY-MM') AS cohort
      FROM revenue_spells
     WHERE %(dimension)s = 'cohort' AND mrr > 0
     GROUP BY customer_id
)
SELECT m.first_on, m.last_on, m.customer_id, m.was, m.became, m.paused, m.move,
       CASE
           WHEN %(dimension)s = '' THEN NULL
           WHEN %(dimension)s = 'segment' THEN COALESCE((
               SELECT g.rfm_segment FROM segment_at_start g
                WHERE g.customer_id = m.customer_id AND g.eve = m.first_on - 1), '')
           WHEN %(dimension)s = 'plan' THEN COALESCE(l.plan, '')
           WHEN %(dimension)s = 'cohort' THEN b.cohort
           WHEN %(dimension)s = 'tier' THEN COALESCE(
               (SELECT t.tier FROM segments_customertier t WHERE t.customer_id = m.customer_id AND t.since <= m.first_on),
               (SELECT t.tier FROM segments_pasttier t
                 WHERE t.customer_id = m.customer_id AND t.since <= m.first_on AND t.until > m.first_on), '')
           ELSE COALESCE(
               (SELECT d.value FROM customers_dimensionchange d
                 WHERE d.customer_id = m.customer_id AND d.dimension = %(dimension)s
                   AND (d.since IS NULL OR d.since <= m.first_on)
                 ORDER BY d.since DESC NULLS LAST LIMIT 1),
               CASE %(dimension)s
                   WHEN 'owner' THEN COALESCE(c.owner_id::text, '')
                   WHEN 'industry' THEN c.industry
                   WHEN 'region' THEN c.region
               END)
       END AS value
  FROM moved m
  JOIN customers_customer c ON c.id = m.customer_id
  LEFT JOIN plans l ON l.first_on = m.first_on AND l.customer_id = m.customer_id
  LEFT JOIN began b ON b.customer_id = m.customer_id
