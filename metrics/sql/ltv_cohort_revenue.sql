-- Purpose: what those who began in a month brought in each calendar month since, before the margin: purchases less
-- refunds (of who ever bought), or monthly amounts by the days under term, as the policy has it.
-- One row per month of begin, way of winning and month with revenue (0 = the month of begin; a refund before it counts
-- there). Terms of equal days are put together before they are laid out by month.
-- Parameters: as_of, by_activity, by_contract.  Reads: temp ltv_facts, purchase_days, refund_days, known_terms.
-- Writes: nothing.
WITH bought AS (
    SELECT f.cohort, f.via, date_trunc('month', p.day)::date AS month, sum(p.amount) AS amount
      FROM (SELECT customer_id, day, amount FROM purchase_days
            UNION ALL
            SELECT customer_id, day, amount FROM refund_days) AS p
      JOIN ltv_facts f ON f.customer_id = p.customer_id AND f.has_bought
     WHERE %(by_activity)s AND f.cohort <> ''
     GROUP BY 1, 2, 3
), terms AS (
    SELECT f.cohort, f.via, t.starts_on, LEAST(t.ends_on, %(as_of)s::date + 1) AS ends_on, sum(t.mrr) AS mrr
      FROM known_terms t
      JOIN ltv_facts f ON f.customer_id = t.customer_id
     WHERE %(by_contract)s AND t.is_paid AND t.starts_on <= %(as_of)s AND t.ends_on > t.starts_on AND f.cohort <> ''
     GROUP BY 1, 2, 3, 4
), signed AS (
    SELECT t.cohort, t.via, m.first_on::date AS month,
           sum(t.mrr * (LEAST(t.ends_on, n.first_on::date) - GREATEST(t.starts_on, m.first_on::date))
               / (n.first_on::date - m.first_on::date)) AS amount
      FROM terms t
     CROSS JOIN LATERAL generate_series(
           date_trunc('month', t.starts_on::timestamp), (t.ends_on - 1)::timestamp, interval '1 month') AS m (first_on)
     CROSS JOIN LATERAL (SELECT m.first_on + interval '1 month') AS n (first_on)
     GROUP BY 1, 2, 3
)
SELECT cohort, via,
       GREATEST(0, (extract(year FROM month) - left(cohort, 4)::integer) * 12
                   + extract(month FROM month) - right(cohort, 2)::integer)::integer AS month,
       sum(amount) AS amount
  FROM (SELECT * FROM bought UNION ALL SELECT * FROM signed) AS both_ways
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
