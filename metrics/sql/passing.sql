-- Purpose: marks what the mere passing of days makes known: the end of a term whose notice is dated later than its end.
-- One row per month.  Parameters: since, as_of.  Reads: customers_contract.  Writes: metrics_stale.
INSERT INTO metrics_stale (kind, month, onward)
SELECT DISTINCT 'contracts', date_trunc('month', (ends_on - 1)::timestamp)::date, TRUE
  FROM customers_contract
 WHERE cancelled_on > %(since)s AND cancelled_on <= %(as_of)s AND ends_on <= %(as_of)s
