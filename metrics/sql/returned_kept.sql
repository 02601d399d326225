-- Purpose: who came back of those lost in each period, from the spells kept.
-- One row per period: first_on, months, lost, within_90, within_180, within_365, returned, days_away (of all together).
-- Parameters: firsts, lasts (at most as_of), lengths (months of each), as_of.  Reads: metrics_spell.
WITH
--> metrics/sql/kept.sql
,
--> metrics/sql/returned_body.sql
