-- Purpose: those lost in a period by what they said, by each cut and as a whole, from what is kept.
-- One row per cut ('' = everybody), group, kind (reason, competitor, topic) and value ('' = not said): lost, mrr, sales.
-- Parameters: those of behind.sql, value_at_start.sql and why_lost.sql; every_cut (names, without membership).
-- Reads: metrics_spell, metrics_filed, metrics_firstday, scores_scoresnapshot; what reasons_body.sql reads.
WITH
--> metrics/sql/kept.sql
,
--> metrics/sql/reasons_body.sql
