-- Purpose: contracts as known at the end of a day. A later term of a contract ends the one before; notice
-- given after that day is not known yet, so the term stands without its end, reason and competitor.
-- One row per term that has begun; with month_end also those beginning the day after, because then a term
-- has to cover that day too. ends_on is the first day without service (9999-12-31: open).
-- is_paid: neither a trial nor a free plan.
-- Reads: temp these_customers, these_terms; customers_customer.  Writes: temp known_terms.
DROP TABLE IF EXISTS pg_temp.known_terms
;;
CREATE TEMP TABLE known_terms AS
WITH known AS (
    SELECT t.id,
           t.customer_id,
           t.contract_id,
           t.plan,
           t.mrr,
           t.is_trial,
           NOT t.is_trial AND t.mrr > 0 AS is_paid,
           t.starts_on,
           LEAST(
               CASE WHEN t.cancelled_on > %(as_of)s THEN DATE '9999-12-31'
                    ELSE COALESCE(t.ends_on, DATE '9999-12-31') END,
               COALESCE(lead(t.starts_on) OVER (PARTITION BY t.contract_id ORDER BY t.starts_on), DATE '9999-12-31')
           ) AS ends_on,
           t.renews_on,
           t.notice_days,
           CASE WHEN t.cancelled_on <= %(as_of)s THEN t.cancelled_on END AS cancelled_on,
           CASE WHEN t.cancelled_on > %(as_of)s THEN '' ELSE t.reason END AS reason,
           CASE WHEN t.cancelled_on > %(as_of)s THEN '' ELSE t.competitor END AS competitor
      FROM these_terms t
      JOIN customers_customer c ON c.id = t.customer_id
     WHERE t.starts_on <= %(as_of)s::date + CASE WHEN %(month_end)s THEN 1 ELSE 0 END
       AND c.archived_at IS NULL
)
SELECT k.* FROM known k JOIN these_customers c ON c.customer_id = k.customer_id
;;
CREATE INDEX ON known_terms (customer_id)
;;
ANALYZE known_terms
