-- Purpose: renewals due as they stood at the end of an earlier day, as figures.sql counts them of today.
-- One row: renewals (customers whose deadline for giving notice came within 90 days and who had given none),
-- renewals_mrr.
-- Parameters: as_of.  Reads: temp known_terms.
WITH signed AS (
    SELECT customer_id, sum(mrr) AS mrr, min(cancelled_on) AS given_on,
           min(renews_on - COALESCE(notice_days, 0)) FILTER (
               WHERE cancelled_on IS NULL AND renews_on - COALESCE(notice_days, 0) >= %(as_of)s) AS due_on
      FROM known_terms
     WHERE is_paid AND starts_on <= %(as_of)s AND ends_on > starts_on AND ends_on > %(as_of)s
     GROUP BY customer_id
)
SELECT count(*) AS renewals, COALESCE(sum(mrr), 0) AS renewals_mrr
  FROM signed
 WHERE given_on IS NULL AND due_on <= %(as_of)s::date + 90
