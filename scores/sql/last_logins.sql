-- Purpose: each customer's last login known at the end of a day. A statement of its own, which workers can share.
-- One row per customer in scope who logged in.
-- Reads: temp these_logins.  Writes: temp last_logins.
DROP TABLE IF EXISTS pg_temp.last_logins
;;
CREATE TEMP TABLE last_logins AS
SELECT customer_id, max(logged_in_on) AS last_on FROM these_logins WHERE logged_in_on <= %(as_of)s GROUP BY customer_id
;;
ANALYZE last_logins (customer_id)
