-- Purpose: the customers behind a figure of churn, a page of them, or all for a file or a list.
-- One row per customer: customer_id, from_on, since, reason, competitor, topic, returned_on (of the lost), ltv, code; largest key first.
-- Parameters: those of behind.sql and why_lost.sql; owner, reason, competitor, topic, back, words ('' or NULL = any);
-- sort (since, ltv), after_key, after_id (NULL = from the start), most.
-- Reads: what kept.sql names, customers_customer, scores_score, customers_contract, customers_interaction.
WITH
--> metrics/sql/kept.sql
,
--> metrics/sql/behind.sql
, people AS (
    SELECT l.customer_id, l.from_on, l.since, why.reason, why.competitor, why.topic, s.ltv_historic AS ltv, c.code,
           CASE WHEN %(sort)s = 'ltv' THEN COALESCE(s.ltv_historic, -1) ELSE (l.since - DATE '1900-01-01')::numeric END AS key
      FROM found l
      JOIN customers_customer c ON c.id = l.customer_id
      LEFT JOIN scores_score s ON s.customer_id = l.customer_id
      --> metrics/sql/why_lost.sql
     WHERE (%(owner)s IS NULL OR c.owner_id = %(owner)s)
       AND (%(words)s = '' OR strpos(c.search_text, %(words)s) > 0)
       AND (%(reason)s IS NULL OR why.reason = %(reason)s)
       AND (%(competitor)s IS NULL OR why.competitor = %(competitor)s)
       AND (%(topic)s IS NULL OR why.topic = %(topic)s)
       AND (%(back)s IS NULL OR EXISTS (
           SELECT FROM active_spells n
            WHERE n.customer_id = l.customer_id AND n.from_on > %(last_on)s AND n.from_on <= l.since + %(back)s::integer))
)
SELECT people.*,
       CASE WHEN %(who)s = 'lost' THEN (
           SELECT min(n.from_on) FROM active_spells n WHERE n.customer_id = people.customer_id AND n.from_on > %(last_on)s
       ) END AS returned_on
  FROM people
 WHERE %(after_id)s IS NULL OR key < %(after_key)s OR (key = %(after_key)s AND customer_id > %(after_id)s)
 ORDER BY key DESC, customer_id
 LIMIT %(most)s
