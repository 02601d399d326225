-- Purpose: for how many customers activity is computed anew.
-- One row.  Reads: temp wanted.  Writes: nothing.
SELECT count(*) AS customers FROM wanted
