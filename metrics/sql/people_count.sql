-- Purpose: how many customers people.sql finds in all. One row: customers.
-- Parameters: those of people_behind.sql.
-- Reads: what people_behind.sql names.
SELECT count(*) AS customers
--> metrics/sql/people_behind.sql
