-- Purpose: why these customers left (a page of people.sql). One row per customer: customer_id, reason, competitor, topic.
-- Parameters: ids, from_ons, sinces (of each); those of why_lost.sql.
-- Reads: customers_contract, customers_interaction.
SELECT l.customer_id, why.reason, why.competitor, why.topic
  FROM unnest(%(ids)s::bigint[], %(from_ons)s::date[], %(sinces)s::date[]) AS l (customer_id, from_on, since)
  --> metrics/sql/why_lost.sql
