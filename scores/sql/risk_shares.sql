-- Purpose: of the customers who stood alike 90 days before, how many are not active at the end of the day.
-- One row per kind and bucket of risk_places.
-- Reads: temp risk_places, active_spells.  Writes: nothing.
SELECT p.kind, p.bucket, count(*) AS customers,
       count(*) FILTER (WHERE NOT EXISTS (
           SELECT 1 FROM active_spells a
            WHERE a.customer_id = p.customer_id AND a.from_on <= %(as_of)s AND a.until_on >= %(as_of)s)) AS lost
  FROM risk_places p
 WHERE p.day = %(as_of)s::date - 90
 GROUP BY p.kind, p.bucket
 ORDER BY p.kind, p.bucket
