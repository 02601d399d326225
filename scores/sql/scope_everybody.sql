-- Purpose: whose raw rows the statements of spells and activity read: everybody's. Its twin is scope_wanted.sql.
-- One row per row of the table behind; the views go again with scope_end.sql, so that no migration waits for them.
-- Reads: customers_customer, customers_purchase, customers_login, customers_contract.
-- Writes: temp views these_customers, these_purchases, these_logins, these_terms.
CREATE OR REPLACE TEMP VIEW these_customers AS SELECT id AS customer_id FROM customers_customer WHERE archived_at IS NULL
;;
CREATE OR REPLACE TEMP VIEW these_purchases AS SELECT customer_id, order_id, purchased_on, amount FROM customers_purchase
;;
CREATE OR REPLACE TEMP VIEW these_logins AS SELECT customer_id, logged_in_on FROM customers_login
;;
CREATE OR REPLACE TEMP VIEW these_terms AS
SELECT id, customer_id, contract_id, plan, mrr, is_trial, starts_on, ends_on, renews_on, notice_days, cancelled_on, reason, competitor
  FROM customers_contract
