-- Purpose: how each customer's monthly amount moved between the two ends of a period, and everything he is filed under.
--   was, became  the amounts at the end of the day before the period and at the end of last_on
--   move         new (never paid before the period), reactivated (before, but not at the start), expansion, contraction,
--                churned, same
--   paused       the part of `became` that pauses, inside it
-- Filed under = at the period's start; plan: who did not pay then by the largest term at its end; cohort: the month in
-- which he first paid.
-- One row per customer with an amount above 0 at one of the ends. Parameters: first_on, last_on.
-- Reads: temp revenue_spells, filed, segment_at_start.  Writes: temp movements.
DROP TABLE IF EXISTS pg_temp.movements
;;
CREATE TEMP TABLE movements AS
WITH
--> metrics/sql/movements_body.sql
;;
ANALYZE movements
