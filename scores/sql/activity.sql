-- Purpose: all that scores need of a customer's raw rows, as known at the end of a day: the statement behind the
-- kept activity (scores_customeractivity), for everybody or for those in scope. Dates, never "days since".
-- One row per current customer in scope.
--   orders_in_window, net_in_window   RFM's window (day > window_from); net: purchases less refunds, of all time
--   x, t_x, repeat_amount             repeat purchase days, days from first to last, purchases after the first day
--   last_activity_on                  under the churn policy (empty under policy contract)
--   spells, first_from, from_on, until_on   how many spells, the first one's begin, the last one's begin and end
--   returned_on, resumed_on           last day that ended a silence of more than slipping_days by activity, of
--                                     unused_days by use (purchase or login; who is or was under contract)
--   plan, mrr, notice_given_on, renews_on, notice_due_on   of the paid terms running at as_of: plan of the largest
--                                     MRR; the next renewal and deadline of those without notice
--   covered_from, covered_until       the last unbroken cover by paid terms
--   signed_base                       historic by contract less what running terms add day by day: with position(d) =
--                                     months from year 0 to the begin of d, MRR × days under term ÷ days of the month
--                                     sums up to mrr × (position(end) − position(begin)), so that
--                                     historic = signed_base + mrr × position(as_of + 1)
-- Where spells follow from purchases alone (by_days false), no day table is needed: bought.sql has them.
-- Reads: temp these_customers, these_logins, bought, refund_days, last_logins, known_terms, contract_cover; purchase_days,
-- activity_days, active_spells (empty where not by_days).
-- Writes: temp activity_rows.
DROP VIEW IF EXISTS pg_temp.activity
;;
DROP TABLE IF EXISTS pg_temp.activity_rows
;;
CREATE TEMP TABLE activity_rows AS
WITH returned AS (
    SELECT customer_id, sum(amount) AS amount, sum(amount) FILTER (WHERE day > %(window_from)s) AS amount_in_window
      FROM refund_days
     GROUP BY customer_id
), steps AS (
    SELECT customer_id, day, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) - 1 AS silent
      FROM activity_days
     WHERE %(by_login)s
), done AS (
    SELECT customer_id, max(day) AS last_on, max(day) FILTER (WHERE silent > %(slipping_days)s) AS returned_on
      FROM steps
     GROUP BY customer_id
     UNION ALL
    SELECT customer_id, last_on, returned_on FROM bought WHERE %(by_activity)s AND NOT %(by_login)s
), uses AS (
    SELECT customer_id, day FROM purchase_days WHERE %(by_contract)s
    UNION ALL
    SELECT customer_id, logged_in_on FROM these_logins WHERE %(by_contract)s AND logged_in_on <= %(as_of)s
), uses_of_signed AS (
    SELECT u.customer_id, u.day, u.day - lag(u.day) OVER (PARTITION BY u.customer_id ORDER BY u.day) - 1 AS silent
      FROM uses u
     WHERE EXISTS (SELECT 1 FROM contract_cover c WHERE c.customer_id = u.customer_id)
), resumed AS (
    SELECT customer_id, max(day) AS on_day FROM uses_of_signed WHERE silent >= %(unused_days)s GROUP BY customer_id
), stood AS (
    SELECT customer_id,
           count(*) AS spells,
           min(from_on) AS first_from,
           max(from_on) AS from_on,
           max(until_on) AS until_on
      FROM active_spells
     GROUP BY customer_id
     UNION ALL
    SELECT customer_id, spells, first_on, from_on, last_on + %(inactivity_days)s - 1
      FROM bought
     WHERE NOT %(by_days)s
), terms AS (
    SELECT *,
           ends_on > %(as_of)s AS is_running,
           renews_on - COALESCE(notice_days, 0) AS notice_due_on,
           12 * EXTRACT(YEAR FROM starts_on) + EXTRACT(MONTH FROM starts_on)
           + (EXTRACT(DAY FROM starts_on) - 1)
             / EXTRACT(DAY FROM date_trunc('month', starts_on) + INTERVAL '1 month - 1 day') AS begins_at,
           12 * EXTRACT(YEAR FROM ends_on) + EXTRACT(MONTH FROM ends_on)
           + (EXTRACT(DAY FROM ends_on) - 1)
             / EXTRACT(DAY FROM date_trunc('month', ends_on) + INTERVAL '1 month - 1 day') AS ends_at
      FROM known_terms
     WHERE is_paid AND starts_on <= %(as_of)s AND ends_on > starts_on
), signed AS (
    SELECT customer_id,
           (array_agg(plan ORDER BY mrr DESC, starts_on DESC, id) FILTER (WHERE is_running))[1] AS plan,
           sum(mrr) FILTER (WHERE is_running) AS mrr,
           min(cancelled_on) FILTER (WHERE is_running) AS notice_given_on,
           min(renews_on) FILTER (
               WHERE is_running AND cancelled_on IS NULL AND renews_on >= %(as_of)s) AS renews_on,
           min(notice_due_on) FILTER (
               WHERE is_running AND cancelled_on IS NULL AND notice_due_on >= %(as_of)s) AS notice_due_on,
           sum(mrr * (CASE WHEN is_running THEN 0 ELSE ends_at END - begins_at)) AS base
      FROM terms
     GROUP BY customer_id
), covers AS (
    SELECT customer_id, max(from_on) AS from_on, max(until_on) AS until_on
      FROM contract_cover
     GROUP BY customer_id
)
SELECT c.customer_id,
       b.first_on AS first_purchase_on,
       b.last_on AS last_purchase_on,
       u.last_on AS last_login_on,
       d.last_on AS last_activity_on,
       COALESCE(b.orders_in_window, 0)::integer AS orders_in_window,
       (COALESCE(b.amount_in_window, 0) + COALESCE(r.amount_in_window, 0))::numeric(20, 2) AS net_in_window,
       (COALESCE(b.amount, 0) + COALESCE(r.amount, 0))::numeric(20, 2) AS net,
       COALESCE(b.x, 0)::integer AS x,
       b.last_on - b.first_on AS t_x,
       b.repeat_amount::numeric(20, 2) AS repeat_amount,
       COALESCE(s.spells, 0)::integer AS spells,
       s.first_from, s.from_on, s.until_on,
       d.returned_on,
       m.on_day AS resumed_on,
       COALESCE(t.plan, '')::varchar(100) AS plan,
       COALESCE(t.mrr, 0)::numeric(20, 2) AS mrr,
       t.notice_given_on, t.renews_on, t.notice_due_on,
       v.from_on AS covered_from, v.until_on AS covered_until,
       t.base::numeric(50, 24) AS signed_base
  FROM these_customers c
  LEFT JOIN bought b ON b.customer_id = c.customer_id
  LEFT JOIN returned r ON r.customer_id = c.customer_id
  LEFT JOIN last_logins u ON u.customer_id = c.customer_id
  LEFT JOIN done d ON d.customer_id = c.customer_id
  LEFT JOIN resumed m ON m.customer_id = c.customer_id
  LEFT JOIN stood s ON s.customer_id = c.customer_id
  LEFT JOIN signed t ON t.customer_id = c.customer_id
  LEFT JOIN covers v ON v.customer_id = c.customer_id
;;
ANALYZE activity_rows (customer_id)
