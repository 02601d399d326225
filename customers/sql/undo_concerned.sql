-- Purpose: the customers an undo has touched: scores and segments follow, and their history says so (once).
-- One row per customer. Parameters: import_id, import_text, by, now.
-- Reads: undo_concerned, customers_customer. Writes: customers_touched, accounts_auditevent.
INSERT INTO customers_touched (customer_id, at)
SELECT customer.id, %(now)s::timestamptz
FROM customers_customer AS customer
WHERE customer.id IN (SELECT customer_id FROM undo_concerned)
;;
INSERT INTO accounts_auditevent (at, actor_id, action, object_type, object_id, detail)
SELECT %(now)s::timestamptz, %(by)s::bigint, 'import.undo', 'customers.Customer', customer.id::text,
    jsonb_build_object('import', %(import_id)s::bigint)
FROM customers_customer AS customer
WHERE customer.id IN (SELECT customer_id FROM undo_concerned)
  AND NOT EXISTS (
    SELECT FROM accounts_auditevent AS known
    WHERE known.object_type = 'customers.Customer' AND known.object_id = customer.id::text
      AND known.action = 'import.undo' AND known.detail ->> 'import' = %(import_text)s
  )
