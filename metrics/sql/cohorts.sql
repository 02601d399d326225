-- Purpose: customers by the month they began, and how many of them are there k months later.
-- By purchases: the month of the first purchase; retained = bought in that month. By contract: of the first paid
-- term; retained = under contract at the end of the month's last day. Either: whichever came first, and either.
-- One row per cohort and month up to as_of. Parameters: as_of, by_contract, by_activity, month_end.
-- Reads: temp purchase_days, temp contract_cover.
WITH began AS (
    SELECT customer_id, date_trunc('month', min(day))::date AS cohort
      FROM (SELECT customer_id, day FROM purchase_days WHERE %(by_activity)s
            UNION ALL
            SELECT customer_id, from_on FROM contract_cover WHERE %(by_contract)s) AS first_days
     GROUP BY customer_id
), months AS (
    SELECT first_on::date AS first_on, (first_on + interval '1 month' - interval '1 day')::date AS last_on
      FROM generate_series((SELECT min(cohort) FROM began)::timestamp, %(as_of)s::timestamp, interval '1 month') AS m (first_on)
), present AS (
    SELECT customer_id, date_trunc('month', day)::date AS first_on FROM purchase_days WHERE %(by_activity)s
    UNION
    SELECT c.customer_id, m.first_on
      FROM months m
      JOIN contract_cover c ON c.from_on <= m.last_on
           AND c.until_on - CASE WHEN %(month_end)s THEN 1 ELSE 0 END >= m.last_on
     WHERE %(by_contract)s
), retained AS (
    SELECT b.cohort, p.first_on, count(*) AS retained
      FROM began b JOIN present p ON p.customer_id = b.customer_id
     GROUP BY b.cohort, p.first_on
), sizes AS (
    SELECT cohort, count(*) AS size FROM began GROUP BY cohort
)
SELECT s.cohort, s.size, m.first_on, m.last_on, COALESCE(r.retained, 0) AS retained,
       (extract(year FROM m.first_on) * 12 + extract(month FROM m.first_on)
        - extract(year FROM s.cohort) * 12 - extract(month FROM s.cohort))::integer AS month
  FROM sizes s
  JOIN months m ON m.first_on >= s.cohort
  LEFT JOIN retained r ON r.cohort = s.cohort AND r.first_on = m.first_on
 ORDER BY s.cohort, m.first_on
