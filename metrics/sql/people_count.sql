-- Purpose: how many customers people.sql finds in all. One row: customers.
-- Parameters: those of people.sql without sort and page.
-- Reads: what kept.sql names, customers_customer, customers_contract, customers_interaction.
WITH
--> metrics/sql/kept.sql
,
--> metrics/sql/behind.sql
SELECT count(*) AS customers
  FROM found l
  JOIN customers_customer c ON c.id = l.customer_id
  --> metrics/sql/why_lost.sql
 WHERE (%(owner)s IS NULL OR c.owner_id = %(owner)s)
   AND (%(words)s = '' OR strpos(c.search_text, %(words)s) > 0)
   AND (%(reason)s IS NULL OR why.reason = %(reason)s)
   AND (%(competitor)s IS NULL OR why.competitor = %(competitor)s)
   AND (%(topic)s IS NULL OR why.topic = %(topic)s)
   AND (%(back)s IS NULL OR EXISTS (
       SELECT FROM active_spells n
        WHERE n.customer_id = l.customer_id AND n.from_on > %(last_on)s AND n.from_on <= l.since + %(back)s::integer))
