-- Purpose: of those lost in a month, the ones with most LTV.
-- One row per customer, at most `most` a month. Parameters: most.  Reads: temp month_lost.  Writes: nothing.
SELECT first_on, customer_id, last_on, reason, competitor, ltv
  FROM (SELECT month_lost.*, row_number() OVER (PARTITION BY first_on ORDER BY ltv DESC, customer_id) AS place
          FROM month_lost) AS placed
 WHERE place <= %(most)s
 ORDER BY first_on, place
