-- Purpose: the terms behind one figure of a period's renewals, by outcome and group.
-- One row per term. Parameters: first_on, dimension ('' = everybody), value (one group's), outcome ('' = all due).
-- Reads: temp due_terms; customers_dimensionchange, customers_customer.
SELECT d.customer_id, d.contract_id, d.plan, d.mrr, d.next_mrr, d.renews_on, d.notice_due_on, d.cancelled_on, d.reason,
       d.competitor, d.outcome
  FROM due_terms d
  JOIN customers_customer c ON c.id = d.customer_id
 WHERE (%(outcome)s = '' OR d.outcome = %(outcome)s)
   AND CASE %(dimension)s
           WHEN '' THEN TRUE
           WHEN 'plan' THEN d.plan = %(value)s
           ELSE COALESCE(
               (SELECT v.value FROM customers_dimensionchange v
                 WHERE v.customer_id = d.customer_id AND v.dimension = %(dimension)s
                   AND (v.since IS NULL OR v.since <= %(first_on)s)
                 ORDER BY v.since DESC NULLS LAST LIMIT 1),
               CASE %(dimension)s
                   WHEN 'owner' THEN COALESCE(c.owner_id::text, '')
                   WHEN 'industry' THEN c.industry
                   WHEN 'region' THEN c.region
               END) = %(value)s
       END
 ORDER BY d.renews_on, d.customer_id, d.contract_id
