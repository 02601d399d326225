-- Purpose: memory for sorting and joining a million rows, until the transaction ends.
-- Reads: nothing.  Writes: nothing.
SELECT set_config('work_mem', '128MB', TRUE)
