-- Purpose: marks the months at whose start or end somebody stands otherwise than kept: those with a day in what differs
-- that is a month's last (it is the end of one and the eve of the next), or as_of. Where somebody's first day differs,
-- also the month of the later one: who joined then has been there before, or the other way round.
-- One row per month. Parameters: as_of.  Reads: temp gone, came; metrics_spell.  Writes: metrics_stale.
INSERT INTO metrics_stale (kind, month)
WITH was AS (
    SELECT customer_id, range_agg(daterange(from_on, until_on, '[]')) AS days
      FROM gone WHERE from_on <= %(as_of)s GROUP BY customer_id
), became AS (
    SELECT customer_id, range_agg(daterange(from_on, until_on, '[]')) AS days
      FROM came WHERE from_on <= %(as_of)s GROUP BY customer_id
), differing AS (
    SELECT COALESCE(w.days, '{}'::datemultirange) AS old, COALESCE(b.days, '{}'::datemultirange) AS new
      FROM was w FULL JOIN became b ON b.customer_id = w.customer_id
), stretches AS (
    SELECT DISTINCT unnest((old + new - old * new) * datemultirange(daterange(NULL, %(as_of)s, '[]'))) AS days FROM differing
), bounds AS (
    SELECT DISTINCT lower(days) AS from_on, upper(days) - 1 AS until_on FROM stretches
), ends AS (
    SELECT DISTINCT (m + interval '1 month - 1 day')::date AS end_on
      FROM bounds b
      CROSS JOIN generate_series(date_trunc('month', b.from_on::timestamp), b.until_on::timestamp, interval '1 month') AS m
     WHERE (m + interval '1 month - 1 day')::date <= b.until_on
), kept AS (
    SELECT k.customer_id, min(k.from_on) AS from_on
      FROM metrics_spell k
     WHERE k.customer_id IN (SELECT customer_id FROM gone UNION SELECT customer_id FROM came)
     GROUP BY k.customer_id
), left_over AS (
    SELECT k.customer_id, min(k.from_on) AS from_on
      FROM metrics_spell k
     WHERE k.customer_id IN (SELECT customer_id FROM gone UNION SELECT customer_id FROM came)
       AND NOT EXISTS (SELECT 1 FROM gone g WHERE g.id = k.id)
     GROUP BY k.customer_id
), starts AS (
    SELECT k.from_on AS old, LEAST(l.from_on, c.from_on) AS new
      FROM kept k
      LEFT JOIN left_over l ON l.customer_id = k.customer_id
      LEFT JOIN (SELECT customer_id, min(from_on) AS from_on FROM came GROUP BY customer_id) c ON c.customer_id = k.customer_id
)
SELECT 'activity', month::date
  FROM (SELECT date_trunc('month', end_on) AS month FROM ends
        UNION
        SELECT date_trunc('month', end_on + 1) FROM ends
        UNION
        SELECT date_trunc('month', %(as_of)s::date) FROM bounds WHERE until_on = %(as_of)s
        UNION
        SELECT date_trunc('month', GREATEST(old, new)) FROM starts WHERE old <> new) AS months
