-- Purpose: what cohort_presence.sql and cohort_presence_kept.sql have in common; they name what it reads.
-- Reads: revenue_spells, temp purchase_days, refund_days; customers_login.  Writes: nothing by itself.
periods AS (
    SELECT first_on, (first_on + make_interval(months => %(months)s))::date - 1 AS last_on
      FROM unnest(%(firsts)s::date[]) AS p (first_on)
), span AS (
    SELECT min(first_on) AS first_on, LEAST(max(last_on), %(as_of)s) AS last_on FROM periods
), found (customer_id, first_on, is_there, amount) AS (
    SELECT d.customer_id, p.first_on, TRUE, d.amount
      FROM span
      JOIN purchase_days d ON d.day BETWEEN span.first_on AND span.last_on
      JOIN periods p ON p.first_on = date_trunc(%(unit)s, d.day::timestamp)::date
     WHERE %(by_purchase)s
    UNION ALL
    SELECT d.customer_id, p.first_on, FALSE, d.amount
      FROM span
      JOIN refund_days d ON d.day BETWEEN span.first_on AND span.last_on
      JOIN periods p ON p.first_on = date_trunc(%(unit)s, d.day::timestamp)::date
     WHERE %(by_purchase)s
    UNION ALL
    SELECT l.customer_id, p.first_on, TRUE, NULL::numeric
      FROM span
      JOIN customers_login l ON l.logged_in_on BETWEEN span.first_on AND span.last_on
      JOIN periods p ON p.first_on = date_trunc(%(unit)s, l.logged_in_on::timestamp)::date
     WHERE %(by_login)s
    UNION ALL
    SELECT s.customer_id, p.first_on, TRUE, CASE WHEN NOT %(by_purchase)s THEN s.mrr END
      FROM periods p JOIN revenue_spells s ON s.from_on <= p.last_on AND s.until_on >= p.last_on
     WHERE %(by_contract)s
)
SELECT customer_id, first_on, bool_or(is_there) AS is_there, sum(amount) AS amount
  FROM found
 GROUP BY customer_id, first_on
