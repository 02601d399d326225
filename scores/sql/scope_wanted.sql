-- Purpose: whose raw rows the statements of spells and activity read: those of the customers in temp wanted.
-- One row per row of the table behind; terms also of others whose contract was theirs before or is now, because a later
-- term ends the one before. Its twin is scope_everybody.sql: the same columns, all rows.
-- Reads: temp wanted, customers_customer, customers_purchase, customers_login, customers_contract.
-- Writes: temp views these_customers, these_purchases, these_logins, these_terms.
CREATE OR REPLACE TEMP VIEW these_customers AS
SELECT c.id AS customer_id FROM wanted w JOIN customers_customer c ON c.id = w.customer_id WHERE c.archived_at IS NULL
;;
CREATE OR REPLACE TEMP VIEW these_purchases AS
SELECT p.customer_id, p.order_id, p.purchased_on, p.amount
  FROM wanted w JOIN customers_purchase p ON p.customer_id = w.customer_id
;;
CREATE OR REPLACE TEMP VIEW these_logins AS
SELECT l.customer_id, l.logged_in_on FROM wanted w JOIN customers_login l ON l.customer_id = w.customer_id
;;
CREATE OR REPLACE TEMP VIEW these_terms AS
SELECT t.id, t.customer_id, t.contract_id, t.plan, t.mrr, t.is_trial, t.starts_on, t.ends_on,
       t.renews_on, t.notice_days, t.cancelled_on, t.reason, t.competitor
  FROM customers_contract t
 WHERE t.contract_id IN (
       SELECT k.contract_id FROM wanted w JOIN customers_contract k ON k.customer_id = w.customer_id)
