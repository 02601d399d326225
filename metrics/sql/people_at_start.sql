-- Purpose: who is there at the start of a period.
-- One page of them by day and customer, along the index one_spell_a_start.
-- One row per customer: on_day is the first day of the period.
-- Parameters: first_on, last_on, of_<cut> (the value asked for, or NULL), by_activity, by_contract, after_on,
-- after_customer, most.
-- Reads: metrics_spell, and what people_filed.sql reads.  Writes: nothing.
SELECT s.customer_id, %(first_on)s::date AS on_day
  FROM metrics_spell s
 WHERE s.from_on < %(first_on)s AND s.until_on >= %(first_on)s::date - 1
   AND s.customer_id > %(after_customer)s AND %(after_on)s::date IS NOT NULL
--> metrics/sql/people_filed.sql
 ORDER BY s.customer_id
 LIMIT %(most)s
