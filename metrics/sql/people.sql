-- Purpose: the customers behind a figure of churn, a page of them, or all for a file or a list; the latest day first
-- (along spells_by_end or spells_by_start), or of those with an LTV the largest first (along worth_most_first).
-- One row per customer: customer_id, from_on, since, reason, competitor, topic, ltv, code, on_day, returned_on (of the lost).
-- Parameters: those of people_behind.sql; valued (TRUE: by LTV, those who have one; FALSE: by day, those who have none;
-- NULL: by day, everybody), after_day, after_ltv, after_id (the last row of the page before, or NULL), most.
-- Reads: what people_behind.sql names.
SELECT l.customer_id, l.from_on, l.since, why.reason, why.competitor, why.topic, w.historic AS ltv, c.code,
       CASE WHEN %(who)s = 'lost' THEN s.until_on ELSE s.from_on END AS on_day,
       CASE WHEN %(who)s = 'lost' THEN (
           SELECT min(n.from_on) FROM metrics_spell n WHERE n.customer_id = s.customer_id AND n.from_on > %(last_on)s
       ) END AS returned_on
--> metrics/sql/people_behind.sql
   AND (%(valued)s::boolean IS NULL OR (w.historic IS NOT NULL) = %(valued)s::boolean)
   AND (%(after_day)s::date IS NULL
        OR (CASE WHEN %(who)s = 'lost' THEN s.until_on ELSE s.from_on END, s.customer_id) < (%(after_day)s::date, %(after_id)s))
   AND (%(after_ltv)s::numeric IS NULL
        OR (w.historic <= %(after_ltv)s AND (w.historic < %(after_ltv)s OR w.customer_id > %(after_id)s)))
 ORDER BY CASE WHEN %(valued)s::boolean IS TRUE THEN w.historic END DESC,
          CASE WHEN %(valued)s::boolean IS TRUE THEN NULL WHEN %(who)s = 'lost' THEN s.until_on ELSE s.from_on END DESC,
          CASE WHEN %(valued)s::boolean IS TRUE THEN NULL ELSE s.customer_id END DESC,
          s.customer_id
 LIMIT %(most)s
