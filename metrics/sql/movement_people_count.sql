-- Purpose: how many customers stand behind one sum of revenue movements, and the sum again.
-- One row. Parameters: those of movement_moved.sql.  Reads: as movement_moved.sql.  Writes: nothing.
WITH
--> metrics/sql/movement_moved.sql
SELECT count(*) AS customers, COALESCE(sum(amount), 0) AS amount FROM moved
