-- Purpose: the histories of the back-test, in an order that rows' own order cannot change.
-- One row per row of held_back.
-- Reads: temp held_back.  Writes: nothing.
SELECT x, t_x, t_days, later, quiet FROM held_back ORDER BY x, t_x, t_days, later, quiet
