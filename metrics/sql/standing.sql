-- Purpose: who was there at the start of a period or is at its end, and everything he is filed under at its start.
-- There at the start = active at the end of the day before; at its end = at the end of last_on; active by the spells last
-- built. The cohort is the month of the first purchase, or first paid term, as the policy has it; the RFM segment that of
-- the day before. Its twin, from what is kept, is standing_kept.sql.
-- One row per customer. Parameters: first_on, last_on, by_activity, by_contract.
-- Reads: temp active_spells, filed, first_days, segment_at_start.  Writes: temp standing.
DROP TABLE IF EXISTS pg_temp.standing
;;
CREATE TEMP TABLE standing AS
WITH
--> metrics/sql/standing_body.sql
;;
ANALYZE standing (customer_id)
