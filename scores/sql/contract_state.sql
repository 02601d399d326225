-- Purpose: each customer's contracts at the end of a day, and what they have brought so far.
-- One row per customer who ever had a paid term. MRR and plan (that of the largest MRR) of the terms that cover
-- as_of; the next renewal and deadline for notice of those without notice; since when cover is unbroken; historic =
-- for each month MRR × days under term up to as_of ÷ days of that month. Along a term these shares add up to the
-- difference of two "positions" (months counted from year 0, plus the share of the month gone by), so no month
-- has to be listed.
-- Reads: temp known_terms, contract_cover.  Writes: temp contract_state.
DROP TABLE IF EXISTS pg_temp.contract_state
;;
CREATE TEMP TABLE contract_state AS
WITH terms AS (
    SELECT *,
           ends_on > %(as_of)s AS is_running,
           LEAST(ends_on, %(as_of)s::date + 1) AS counted_to,
           renews_on - COALESCE(notice_days, 0) AS notice_due_on
      FROM known_terms
     WHERE is_paid AND starts_on <= %(as_of)s AND ends_on > starts_on
), lengths AS (
    SELECT *,
           12 * (EXTRACT(YEAR FROM counted_to) - EXTRACT(YEAR FROM starts_on))
           + EXTRACT(MONTH FROM counted_to) - EXTRACT(MONTH FROM starts_on)
           + (EXTRACT(DAY FROM counted_to) - 1)
             / EXTRACT(DAY FROM date_trunc('month', counted_to) + INTERVAL '1 month - 1 day')
           - (EXTRACT(DAY FROM starts_on) - 1)
             / EXTRACT(DAY FROM date_trunc('month', starts_on) + INTERVAL '1 month - 1 day') AS months
      FROM terms
), per_customer AS (
    SELECT customer_id,
           (array_agg(plan ORDER BY mrr DESC, starts_on DESC, id) FILTER (WHERE is_running))[1] AS plan,
           sum(mrr) FILTER (WHERE is_running) AS mrr,
           min(cancelled_on) FILTER (WHERE is_running) AS notice_given_on,
           min(renews_on) FILTER (
               WHERE is_running AND cancelled_on IS NULL AND renews_on >= %(as_of)s) AS renews_on,
           min(notice_due_on) FILTER (
               WHERE is_running AND cancelled_on IS NULL AND notice_due_on >= %(as_of)s) AS notice_due_on,
           sum(mrr * months) AS historic
      FROM lengths
     GROUP BY customer_id
), covers AS (
    SELECT customer_id,
           max(from_on) AS from_on,
           min(from_on) AS first_from_on,
           max(until_on) AS until_on
      FROM contract_cover
     GROUP BY customer_id
)
SELECT p.customer_id,
       COALESCE(p.plan, '') AS plan,
       COALESCE(p.mrr, 0) AS mrr,
       p.notice_given_on,
       p.renews_on,
       p.notice_due_on,
       p.historic,
       CASE WHEN p.mrr > 0 THEN c.from_on END AS contract_started_on,
       c.first_from_on AS first_signed_on,
       c.until_on AS covered_until
  FROM per_customer p
  JOIN covers c ON c.customer_id = p.customer_id
;;
ANALYZE contract_state
