-- Purpose: everything known of one customer in time, newest first, before a moment.
-- One row per order, refund, day of logins, beginning and end of a contract's term, contact with us, event.
-- A contract ends on its last day with service.
-- Parameters: customer, before (moment and tie), limit, zone.  Reads: facts of the customer.
SELECT at, kind, title, detail, amount, number, source_id
  FROM (
    SELECT min(purchased_at) AS at, CASE WHEN amount < 0 THEN 'refund' ELSE 'purchase' END AS kind,
           CASE WHEN order_id = '' THEN '' ELSE order_id END AS title,
           (array_agg(product.name ORDER BY abs(amount) DESC NULLS LAST))[1] AS detail,
           sum(amount) AS amount, count(*) AS number, min(purchase.id) AS source_id
      FROM customers_purchase AS purchase LEFT JOIN customers_product AS product ON product.id = product_id
     WHERE customer_id = %(customer)s
     GROUP BY order_id, amount < 0, CASE WHEN order_id = '' THEN purchase.id END
    UNION ALL
    SELECT max(logged_in_at), 'login', '', '', NULL, count(*), min(id)
      FROM customers_login WHERE customer_id = %(customer)s GROUP BY logged_in_on
    UNION ALL
    SELECT (starts_on + time '00:00') AT TIME ZONE %(zone)s, 'contract_start', contract_id, plan, mrr, 1, id
      FROM customers_contract WHERE customer_id = %(customer)s
    UNION ALL
    SELECT (cancelled_on + time '00:00') AT TIME ZONE %(zone)s, 'contract_notice', contract_id, reason, NULL, 1, id
      FROM customers_contract WHERE customer_id = %(customer)s AND cancelled_on IS NOT NULL
    UNION ALL
    SELECT (greatest(starts_on, ends_on - 1) + time '00:00') AT TIME ZONE %(zone)s, 'contract_end', contract_id, plan, NULL, 1, id
      FROM customers_contract WHERE customer_id = %(customer)s AND ends_on IS NOT NULL
    UNION ALL
    SELECT occurred_at, 'contact_' || kind, subject, body, NULL, 1, id
      FROM customers_interaction WHERE customer_id = %(customer)s
    UNION ALL
    SELECT at, kind, COALESCE(data ->> 'campaign_name', ''), '', NULL, 1, id
      FROM customers_event WHERE customer_id = %(customer)s
  ) AS everything
 WHERE (at, kind, source_id) < (%(before)s::timestamptz, %(before_kind)s, %(before_id)s)
 ORDER BY at DESC, kind DESC, source_id DESC
 LIMIT %(limit)s
