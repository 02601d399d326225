-- Purpose: who came back of those lost in each period, from the spells built.
-- One row per period: first_on, months, lost, within_90, within_180, within_365, returned, days_away (of all together).
-- Parameters: firsts, lasts (at most as_of), lengths (months of each), as_of.  Reads: temp active_spells.
WITH
--> metrics/sql/returned_body.sql
