-- Purpose: customers whose deadline for giving notice comes next, for the list of renewals due: the first of everybody,
-- and the first of each owner.
-- One row per customer, the nearest deadline first. Parameters: as_of, most (of everybody, and of each owner).
-- Reads: temp scored; customers_customer.
SELECT customer_id, owner_id, notice_due_on, plan, mrr, churn_risk
  FROM (SELECT s.customer_id, c.owner_id, s.notice_due_on, s.plan, s.mrr, s.churn_risk,
               row_number() OVER (ORDER BY s.notice_due_on, s.mrr DESC, s.customer_id) AS place,
               row_number() OVER (PARTITION BY c.owner_id ORDER BY s.notice_due_on, s.mrr DESC, s.customer_id) AS own_place
          FROM scored s
          JOIN customers_customer c ON c.id = s.customer_id
         WHERE s.notice_due_on BETWEEN %(as_of)s AND %(as_of)s::date + 90 AND s.notice_given_on IS NULL) AS due
 WHERE place <= %(most)s OR own_place <= %(most)s
 ORDER BY notice_due_on, mrr DESC, customer_id
