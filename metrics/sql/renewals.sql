-- Purpose: contract terms due for renewal in periods and what became of them, by one dimension as it was when the
-- period began (the plan: that of the term).
-- One row per period and group (value NULL: everybody).
-- Parameters: firsts, lasts (days), dimension ('' = everybody, plan, owner, industry, region).
-- Reads: temp due_terms; customers_dimensionchange, customers_customer.
WITH valued AS (
    SELECT p.first_on, p.last_on, d.*,
           CASE %(dimension)s
               WHEN '' THEN NULL
               WHEN 'plan' THEN d.plan
               ELSE COALESCE(
                   (SELECT v.value FROM customers_dimensionchange v
                     WHERE v.customer_id = d.customer_id AND v.dimension = %(dimension)s
                       AND (v.since IS NULL OR v.since <= p.first_on)
                     ORDER BY v.since DESC NULLS LAST LIMIT 1),
                   CASE %(dimension)s
                       WHEN 'owner' THEN COALESCE(c.owner_id::text, '')
                       WHEN 'industry' THEN c.industry
                       WHEN 'region' THEN c.region
                   END)
           END AS value
      FROM unnest(%(firsts)s::date[], %(lasts)s::date[]) AS p (first_on, last_on)
      JOIN due_terms d ON d.renews_on BETWEEN p.first_on AND p.last_on
      JOIN customers_customer c ON c.id = d.customer_id
)
SELECT first_on, last_on, value,
       count(*) AS due,
       count(*) FILTER (WHERE outcome = 'renewed') AS renewed,
       count(*) FILTER (WHERE outcome = 'lost') AS lost,
       count(*) FILTER (WHERE outcome = 'undecided') AS undecided,
       sum(mrr) AS due_mrr,
       COALESCE(sum(mrr) FILTER (WHERE outcome = 'renewed'), 0) AS renewed_mrr,
       COALESCE(sum(mrr) FILTER (WHERE outcome = 'lost'), 0) AS lost_mrr,
       COALESCE(sum(mrr) FILTER (WHERE outcome = 'undecided'), 0) AS undecided_mrr,
       COALESCE(sum(next_mrr), 0) AS mrr_after
  FROM valued
 GROUP BY first_on, last_on, value
 ORDER BY first_on, last_on, value
