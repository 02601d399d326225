-- Purpose: what holds for the company as a whole: the share of refunds in the purchases of its last 365 days, and
-- how many of those active at the start of the last full months (given as first and last days) were lost in them.
-- One row. Empty sums are 0.
-- Reads: temp purchase_days, refund_days, active_spells.  Writes: nothing.
WITH sold AS (
    SELECT COALESCE(sum(amount), 0) AS amount FROM purchase_days WHERE day > %(as_of)s::date - 365
), returned AS (
    SELECT COALESCE(-sum(amount), 0) AS amount FROM refund_days WHERE day > %(as_of)s::date - 365
), months AS (
    SELECT first_on, last_on FROM unnest(%(month_firsts)s::date[], %(month_lasts)s::date[]) AS m (first_on, last_on)
), churn AS (
    SELECT count(*) AS at_start,
           count(*) FILTER (
               WHERE s.until_on < m.last_on AND NOT EXISTS (
                   SELECT 1 FROM active_spells e
                    WHERE e.customer_id = s.customer_id AND e.from_on <= m.last_on AND e.until_on >= m.last_on)
           ) AS lost
      FROM months m
      JOIN active_spells s ON s.from_on < m.first_on AND s.until_on >= m.first_on - 1
)
SELECT sold.amount AS sold, returned.amount AS returned, churn.at_start, churn.lost
  FROM sold, returned, churn
