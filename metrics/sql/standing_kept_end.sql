-- Purpose: the views of standing_kept.sql go again, so that no migration waits for this session.
-- Reads: nothing.  Writes: temp views active_spells, filed, first_days, segment_at_start.
DROP VIEW IF EXISTS pg_temp.active_spells, pg_temp.filed, pg_temp.first_days, pg_temp.segment_at_start
