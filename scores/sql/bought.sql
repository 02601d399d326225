-- Purpose: what scores need of customers' purchases; empty, lines of either kind fill it (bought_of_lines.sql).
-- One row per customer who bought.
--   x, repeat_amount             repeat purchase days; purchases after the first day
--   orders_in_window, amount_in_window   RFM's window (day > window_from)
--   amount_in_year               the last 365 days
--   returned_on                  last day that ended a silence of more than slipping_days
--   spells, from_on              stretches of activity by purchases alone, and the begin of the last
-- Reads: nothing.  Writes: temp bought.
DROP TABLE IF EXISTS pg_temp.bought
;;
CREATE TEMP TABLE bought (
    customer_id bigint, first_on date, last_on date, x bigint, amount numeric, repeat_amount numeric,
    orders_in_window numeric, amount_in_window numeric, amount_in_year numeric, returned_on date,
    spells bigint, from_on date
)
