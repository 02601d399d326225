-- Purpose: who is there at the end of a period, not at its start, but was before.
-- One page of them by day and customer, along the index spells_by_start.
-- One row per customer: on_day is the first day of the stretch he is in.
-- Parameters: first_on, last_on, of_<cut> (the value asked for, or NULL), by_activity, by_contract, after_on,
-- after_customer, most.
-- Reads: metrics_spell, and what people_filed.sql reads.  Writes: nothing.
SELECT s.customer_id, s.from_on AS on_day
  FROM metrics_spell s
 WHERE s.from_on >= %(first_on)s AND s.from_on <= %(last_on)s AND s.until_on >= %(last_on)s
   AND s.from_on >= %(after_on)s AND (s.from_on, s.customer_id) > (%(after_on)s, %(after_customer)s)
   AND NOT EXISTS (
       SELECT FROM metrics_spell b
        WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1)
   AND EXISTS (
       SELECT FROM metrics_spell b WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s)
--> metrics/sql/people_filed.sql
 ORDER BY s.from_on, s.customer_id
 LIMIT %(most)s
