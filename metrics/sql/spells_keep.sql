-- Purpose: the spells kept become those just built; only what differs is written.
-- Reads: temp gone, came.  Writes: metrics_spell.
DELETE FROM metrics_spell WHERE id IN (SELECT id FROM gone)
;;
INSERT INTO metrics_spell (customer_id, from_on, until_on) SELECT customer_id, from_on, until_on FROM came
