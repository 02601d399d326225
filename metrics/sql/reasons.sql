-- Purpose: those lost in a period by what they said, by each cut and as a whole, from what was built.
-- One row per cut ('' = everybody), group, kind (reason, competitor, topic) and value ('' = not said): lost, mrr, sales.
-- Parameters: those of behind.sql, value_at_start.sql and why_lost.sql; every_cut (names, without membership).
-- Reads: temp active_spells, filed, first_days, segment_at_start; what reasons_body.sql reads.
WITH
--> metrics/sql/reasons_body.sql
