-- Purpose: who was gone within 90 days of the beginning (早期離脱). Under contract: not active at the end of the 90th
-- day after the first paid term began. By purchases (and whoever has no contract): not active at the end of the day
-- 90 + N after the first purchase, which is to say that nothing came in the N days after those 90.
-- One row per month of begin, per way, and of everybody (NULL = all).
-- base are those of whose whole month the days are over, gone how many of them left; so_far counts everybody.
-- Parameters: until (the last day that is over), inactivity_days, by_contract, most (ways kept apart).
-- Reads: temp active_spells, contract_cover; customers_customer.  Writes: nothing.
WITH ways AS (
    SELECT acquired_via AS via FROM customers_customer GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT %(most)s
), signed AS (
    SELECT DISTINCT customer_id FROM contract_cover WHERE %(by_contract)s
), began AS (
    SELECT a.customer_id, min(a.from_on) AS from_on FROM active_spells a GROUP BY a.customer_id
), judged AS (
    SELECT b.customer_id, b.from_on,
           b.from_on + 90 + CASE WHEN s.customer_id IS NULL THEN %(inactivity_days)s ELSE 0 END AS judged_on,
           (date_trunc('month', b.from_on) + interval '1 month - 1 day')::date
               + 90 + CASE WHEN s.customer_id IS NULL THEN %(inactivity_days)s ELSE 0 END <= %(until)s::date AS is_over
      FROM began b
      LEFT JOIN signed s ON s.customer_id = b.customer_id
), seen AS (
    SELECT date_trunc('month', j.from_on)::date AS month,
           CASE WHEN c.acquired_via IN (SELECT via FROM ways) THEN c.acquired_via ELSE '…' END AS via,
           j.is_over,
           j.judged_on <= %(until)s::date AND NOT EXISTS (
               SELECT 1 FROM active_spells a
                WHERE a.customer_id = j.customer_id AND a.from_on <= j.judged_on AND a.until_on >= j.judged_on
           ) AS is_gone
      FROM judged j
      JOIN customers_customer c ON c.id = j.customer_id
)
SELECT month, via,
       count(*) AS customers,
       count(*) FILTER (WHERE is_over) AS base,
       count(*) FILTER (WHERE is_over AND is_gone) AS gone,
       count(*) FILTER (WHERE is_gone) AS so_far
  FROM seen
 GROUP BY GROUPING SETS ((month), (via), ())
 ORDER BY month NULLS FIRST, via NULLS FIRST
