-- Purpose: between which days trials began.
-- One row (days NULL where none did).  Reads: temp trial_starts.
SELECT min(started_on) AS first_on, max(started_on) AS last_on FROM trial_starts
