-- Purpose: whose purchases the statements of scores/spells read: everybody's of some days, with the other lines of the
-- orders that have a line on them, because all lines of an order count on the day of its earliest.
-- One row per line; its twins are scores/sql/scope_everybody.sql and scope_wanted.sql, the views go with scope_end.sql.
-- Parameters: first_on, last_on.  Reads: customers_customer, customers_purchase, customers_login, customers_contract.
-- Writes: temp views these_customers, these_purchases, these_logins, these_terms.
--> scores/sql/scope_everybody.sql
;;
CREATE OR REPLACE TEMP VIEW these_purchases AS
SELECT customer_id, order_id, purchased_on, amount
  FROM customers_purchase WHERE purchased_on BETWEEN %(first_on)s AND %(last_on)s
 UNION ALL
SELECT p.customer_id, p.order_id, p.purchased_on, p.amount
  FROM (SELECT DISTINCT customer_id, order_id FROM customers_purchase
         WHERE purchased_on BETWEEN %(first_on)s AND %(last_on)s AND order_id <> '') AS o
  JOIN customers_purchase p ON p.customer_id = o.customer_id AND p.order_id = o.order_id
 WHERE NOT p.purchased_on BETWEEN %(first_on)s AND %(last_on)s
