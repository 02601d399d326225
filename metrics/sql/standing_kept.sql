-- Purpose: what standing.sql reads, as kept: views with the names of the temp tables that are built for any past day.
-- One row per row of the table behind; they go again with standing_kept_end.sql.
-- Reads: metrics_spell, metrics_filed, metrics_firstday, scores_scoresnapshot.
-- Writes: temp views active_spells, filed, first_days, segment_at_start.
DROP TABLE IF EXISTS pg_temp.active_spells, pg_temp.filed, pg_temp.first_days, pg_temp.segment_at_start
;;
CREATE TEMP VIEW active_spells AS SELECT customer_id, from_on, until_on FROM metrics_spell
;;
CREATE TEMP VIEW filed AS SELECT customer_id, from_on, until_on, owner, industry, region, plan, tier FROM metrics_filed
;;
CREATE TEMP VIEW first_days AS SELECT customer_id, bought_on, signed_on, logged_in_on FROM metrics_firstday
;;
CREATE TEMP VIEW segment_at_start AS SELECT as_of AS eve, customer_id, rfm_segment FROM scores_scoresnapshot
