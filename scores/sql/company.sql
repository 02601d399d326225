-- Purpose: the company's purchases and refunds of its last 365 days.
-- One row. Empty sums are 0.
-- Reads: temp bought, refund_days.  Writes: nothing.
SELECT (SELECT COALESCE(sum(amount_in_year), 0) FROM bought) AS sold,
       (SELECT COALESCE(-sum(amount), 0) FROM refund_days WHERE day > %(as_of)s::date - 365) AS returned
