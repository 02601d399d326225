-- Purpose: the people behind one figure of a period's trials.
-- One row per customer. Parameters: first_on, last_on, dimension ('' or via), value, state ('' = all; paid,
-- running, ended, within-30, within-60, within-90).
-- Reads: temp trial_starts; customers_customer.
SELECT t.customer_id, t.started_on, t.paid_on, t.days, t.state
  FROM trial_starts t
  JOIN customers_customer c ON c.id = t.customer_id
 WHERE t.started_on BETWEEN %(first_on)s AND %(last_on)s
   AND (%(dimension)s = '' OR c.acquired_via = %(value)s)
   AND CASE
           WHEN %(state)s = '' THEN TRUE
           WHEN %(state)s LIKE 'within-%%' THEN t.days <= substr(%(state)s, 8)::integer
           ELSE t.state = %(state)s
       END
 ORDER BY t.started_on, t.customer_id
