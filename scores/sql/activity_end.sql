-- Purpose: the view `activity` goes again; what it was made from stays.
-- Reads: nothing.  Writes: temp view activity.
DROP VIEW IF EXISTS pg_temp.activity
