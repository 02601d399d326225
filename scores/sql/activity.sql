-- Purpose: what scores need to know of each customer's purchases and logins, as known at the end of a day.
-- One row per current customer. *_in_window: RFM's window (day > window_from). x, t_x, t_days: repeat purchase
-- days, days from the first to the last and to as_of. repeat_amount: purchases after the first day, without refunds.
-- Days are dates; last_activity_on is under the churn policy (empty under policy contract).
-- Reads: customers_customer, customers_login, temp purchase_days, refund_days, activity_days.  Writes: temp activity.
DROP TABLE IF EXISTS pg_temp.activity
;;
CREATE TEMP TABLE activity AS
WITH bought AS (
    SELECT customer_id,
           min(day) AS first_on,
           max(day) AS last_on,
           count(*) - 1 AS x,
           sum(amount) AS amount,
           sum(orders) FILTER (WHERE day > %(window_from)s) AS orders_in_window,
           sum(amount) FILTER (WHERE day > %(window_from)s) AS amount_in_window
      FROM purchase_days
     GROUP BY customer_id
), returned AS (
    SELECT customer_id, sum(amount) AS amount, sum(amount) FILTER (WHERE day > %(window_from)s) AS amount_in_window
      FROM refund_days
     GROUP BY customer_id
), used AS (
    SELECT customer_id, max(logged_in_on) AS last_on
      FROM customers_login
     WHERE logged_in_on <= %(as_of)s
     GROUP BY customer_id
), done AS (
    SELECT customer_id, max(day) AS last_on FROM activity_days GROUP BY customer_id
)
SELECT c.id AS customer_id,
       b.first_on AS first_purchase_on,
       b.last_on AS last_purchase_on,
       COALESCE(b.orders_in_window, 0)::integer AS orders_in_window,
       COALESCE(b.amount_in_window, 0) + COALESCE(r.amount_in_window, 0) AS net_in_window,
       COALESCE(b.amount, 0) + COALESCE(r.amount, 0) AS net,
       COALESCE(b.x, 0)::integer AS x,
       b.last_on - b.first_on AS t_x,
       %(as_of)s::date - b.first_on AS t_days,
       b.amount - f.amount AS repeat_amount,
       u.last_on AS last_login_on,
       d.last_on AS last_activity_on
  FROM customers_customer c
  LEFT JOIN bought b ON b.customer_id = c.id
  LEFT JOIN purchase_days f ON f.customer_id = c.id AND f.day = b.first_on
  LEFT JOIN returned r ON r.customer_id = c.id
  LEFT JOIN used u ON u.customer_id = c.id
  LEFT JOIN done d ON d.customer_id = c.id
 WHERE c.archived_at IS NULL
;;
ANALYZE activity
