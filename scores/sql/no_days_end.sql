-- Purpose: the empty day tables go, so that who needs days asks for them and nobody takes none for the answer.
-- Reads: nothing.  Writes: temp purchase_days, activity_days, active_spells.
DROP TABLE IF EXISTS pg_temp.purchase_days, pg_temp.activity_days, pg_temp.active_spells
