-- Purpose: makes the customers behind LTV and repeat buying equal to what was just counted, writing only rows that
-- differ.
-- One row per customer who bought, or ever signed a paid term.
-- Reads: temp ltv_facts, repeat_days.  Writes: metrics_worth.
DROP TABLE IF EXISTS pg_temp.worth_now
;;
CREATE TEMP TABLE worth_now AS
SELECT COALESCE(f.customer_id, r.customer_id) AS customer_id,
       (f.historic / 100.0)::numeric(20, 2) AS historic,
       ((f.predicted - f.historic) / 100.0)::numeric(20, 2) AS to_come,
       f.began_on, r.first_on AS bought_on, r.second_on, r.third_on
  FROM ltv_facts f
  FULL JOIN repeat_days r ON r.customer_id = f.customer_id
;;
ANALYZE worth_now
;;
DELETE FROM metrics_worth w WHERE NOT EXISTS (SELECT 1 FROM worth_now n WHERE n.customer_id = w.customer_id)
;;
UPDATE metrics_worth w
   SET historic = n.historic, to_come = n.to_come, began_on = n.began_on,
       bought_on = n.bought_on, second_on = n.second_on, third_on = n.third_on
  FROM worth_now n
 WHERE n.customer_id = w.customer_id
   AND (w.historic, w.to_come, w.began_on, w.bought_on, w.second_on, w.third_on)
       IS DISTINCT FROM (n.historic, n.to_come, n.began_on, n.bought_on, n.second_on, n.third_on)
;;
WITH fresh AS MATERIALIZED (
    SELECT customer_id FROM worth_now EXCEPT SELECT customer_id FROM metrics_worth
)
INSERT INTO metrics_worth (customer_id, historic, to_come, began_on, bought_on, second_on, third_on)
SELECT customer_id, historic, to_come, began_on, bought_on, second_on, third_on
  FROM worth_now JOIN fresh USING (customer_id)
