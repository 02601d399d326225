-- Purpose: who is behind a figure of churn, one spell s of each customer: a part of other statements (FROM and WHERE),
-- never run alone. Lost: the spell that ended; else the one he is in. At start = active at the end of the day before;
-- the same conditions as churn.sql. What is not asked for falls away before the statement is planned, so that what
-- is left is served by an index of metrics_spell; OFFSET 0 keeps the other spells from being read all at once.
-- Parameters: who (lost, won-back, joined, at-start, at-end), first_on, last_on (at most the day the figures speak of);
-- owner, reason, competitor, topic, back, words ('' or NULL = any); those of people_filed.sql and why_lost.sql.
-- Reads: metrics_spell, metrics_worth, customers_customer, customers_contract, customers_interaction.
  FROM metrics_spell s
  JOIN customers_customer c ON c.id = s.customer_id
  LEFT JOIN metrics_worth w ON w.customer_id = s.customer_id
 CROSS JOIN LATERAL (
    SELECT s.customer_id, s.from_on, CASE WHEN %(who)s = 'lost' THEN s.until_on + 1 ELSE s.from_on END AS since) AS l
  --> metrics/sql/why_lost.sql
 WHERE (%(who)s <> 'lost' OR (
        s.until_on >= %(first_on)s::date - 1 AND s.until_on < %(last_on)s
        AND NOT EXISTS (
            SELECT FROM metrics_spell n
             WHERE n.customer_id = s.customer_id AND n.from_on > s.from_on AND n.from_on <= %(last_on)s OFFSET 0)
        AND (s.from_on < %(first_on)s OR EXISTS (
            SELECT FROM metrics_spell b
             WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1
             OFFSET 0))))
   AND (%(who)s NOT IN ('joined', 'won-back') OR (
        s.from_on >= %(first_on)s AND s.from_on <= %(last_on)s AND s.until_on >= %(last_on)s
        AND EXISTS (
            SELECT FROM metrics_spell b WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s OFFSET 0
        ) = (%(who)s = 'won-back')
        AND NOT EXISTS (
            SELECT FROM metrics_spell b
             WHERE b.customer_id = s.customer_id AND b.from_on < %(first_on)s AND b.until_on >= %(first_on)s::date - 1
             OFFSET 0)))
   AND (%(who)s <> 'at-start' OR (s.from_on < %(first_on)s AND s.until_on >= %(first_on)s::date - 1))
   AND (%(who)s <> 'at-end' OR (s.from_on <= %(last_on)s AND s.until_on >= %(last_on)s))
   --> metrics/sql/people_filed.sql
   AND (%(owner)s IS NULL OR c.owner_id = %(owner)s)
   AND (%(words)s = '' OR strpos(c.search_text, %(words)s) > 0)
   AND (length(%(words)s) < 2 OR customers_bigrams(c.search_text) @> customers_bigrams(%(words)s))
   AND (%(reason)s IS NULL OR why.reason = %(reason)s)
   AND (%(competitor)s IS NULL OR why.competitor = %(competitor)s)
   AND (%(topic)s IS NULL OR why.topic = %(topic)s)
   AND (%(back)s IS NULL OR EXISTS (
       SELECT FROM metrics_spell n
        WHERE n.customer_id = s.customer_id AND n.from_on > %(last_on)s AND n.from_on <= l.since + %(back)s::integer))
