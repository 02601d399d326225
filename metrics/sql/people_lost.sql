-- Purpose: who was there at the start of a period and is not at its end.
-- One page of them by day and customer, along the index spells_by_end.
-- One row per customer: on_day is the first day on which he is not active any more.
-- Parameters: first_on, last_on, of_<cut> (the value asked for, or NULL), by_activity, by_contract, after_on,
-- after_customer, most.
-- Reads: metrics_spell, and what people_filed.sql reads.  Writes: nothing.
SELECT s.customer_id, s.until_on + 1 AS on_day
  FROM metrics_spell s
 WHERE s.until_on >= %(first_on)s::date - 1 AND s.until_on < %(last_on)s
   AND s.until_on >= %(after_on)s::date - 1 AND (s.until_on, s.customer_id) > (%(after_on)s::date - 1, %(after_customer)s)
   AND NOT EXISTS (
       SELECT FROM metrics_spell l
        WHERE l.customer_id = s.customer_id AND l.from_on > s.from_on AND l.from_on <= %(last_on)s)
   AND EXISTS (
       SELECT FROM metrics_spell b
        WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1)
--> metrics/sql/people_filed.sql
 ORDER BY s.until_on, s.customer_id
 LIMIT %(most)s
