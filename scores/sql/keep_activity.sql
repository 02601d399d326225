-- Purpose: makes the kept activity of the customers in scope equal to what was just built, writing only what differs.
-- Parameters: everybody (else those in temp wanted).
-- Reads: temp activity_rows, wanted.  Writes: scores_customeractivity, temp changed (customers whose row differed).
CREATE TEMP TABLE IF NOT EXISTS wanted (customer_id bigint PRIMARY KEY)
;;
DROP TABLE IF EXISTS pg_temp.changed
;;
CREATE TEMP TABLE changed AS
SELECT t.customer_id, k.customer_id IS NOT NULL AS is_kept
  FROM activity_rows t
  LEFT JOIN scores_customeractivity k ON k.customer_id = t.customer_id
 WHERE k.customer_id IS NULL
    OR (k.first_purchase_on, k.last_purchase_on, k.last_login_on, k.last_activity_on, k.orders_in_window,
        k.net_in_window, k.net, k.x, k.t_x, k.repeat_amount, k.spells, k.first_from, k.from_on, k.until_on,
        k.returned_on, k.resumed_on, k.plan, k.mrr, k.notice_given_on, k.renews_on, k.notice_due_on,
        k.covered_from, k.covered_until, k.signed_base)
       IS DISTINCT FROM
       (t.first_purchase_on, t.last_purchase_on, t.last_login_on, t.last_activity_on, t.orders_in_window,
        t.net_in_window, t.net, t.x, t.t_x, t.repeat_amount, t.spells, t.first_from, t.from_on, t.until_on,
        t.returned_on, t.resumed_on, t.plan, t.mrr, t.notice_given_on, t.renews_on, t.notice_due_on,
        t.covered_from, t.covered_until, t.signed_base)
;;
ANALYZE changed
;;
DELETE FROM scores_customeractivity k
 WHERE (%(everybody)s OR k.customer_id IN (SELECT customer_id FROM wanted))
   AND NOT EXISTS (SELECT 1 FROM activity_rows t WHERE t.customer_id = k.customer_id)
;;
UPDATE scores_customeractivity k
   SET first_purchase_on = t.first_purchase_on, last_purchase_on = t.last_purchase_on, last_login_on = t.last_login_on, last_activity_on = t.last_activity_on,
       orders_in_window = t.orders_in_window, net_in_window = t.net_in_window, net = t.net, x = t.x,
       t_x = t.t_x, repeat_amount = t.repeat_amount, spells = t.spells, first_from = t.first_from,
       from_on = t.from_on, until_on = t.until_on, returned_on = t.returned_on, resumed_on = t.resumed_on,
       plan = t.plan, mrr = t.mrr, notice_given_on = t.notice_given_on, renews_on = t.renews_on,
       notice_due_on = t.notice_due_on, covered_from = t.covered_from, covered_until = t.covered_until, signed_base = t.signed_base
  FROM activity_rows t
  JOIN changed d ON d.customer_id = t.customer_id AND d.is_kept
 WHERE k.customer_id = t.customer_id
;;
INSERT INTO scores_customeractivity (
    customer_id, first_purchase_on, last_purchase_on, last_login_on, last_activity_on, orders_in_window, net_in_window, net,
    x, t_x, repeat_amount, spells, first_from, from_on, until_on, returned_on, resumed_on, plan, mrr,
    notice_given_on, renews_on, notice_due_on, covered_from, covered_until, signed_base)
SELECT t.customer_id, t.first_purchase_on, t.last_purchase_on, t.last_login_on, t.last_activity_on, t.orders_in_window,
       t.net_in_window, t.net, t.x, t.t_x, t.repeat_amount, t.spells, t.first_from, t.from_on, t.until_on,
       t.returned_on, t.resumed_on, t.plan, t.mrr, t.notice_given_on, t.renews_on, t.notice_due_on,
       t.covered_from, t.covered_until, t.signed_base
  FROM activity_rows t
  JOIN changed d ON d.customer_id = t.customer_id AND NOT d.is_kept
