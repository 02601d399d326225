-- Purpose: the days of which snapshots of scores are stored, newest first; skips from day to day along the index.
-- One row per day.  Reads: scores_scoresnapshot.  Writes: nothing.
WITH RECURSIVE days AS (
    SELECT max(as_of) AS day FROM scores_scoresnapshot
     UNION ALL
    SELECT (SELECT max(as_of) FROM scores_scoresnapshot WHERE as_of < days.day) FROM days WHERE days.day IS NOT NULL
)
SELECT day FROM days WHERE day IS NOT NULL
