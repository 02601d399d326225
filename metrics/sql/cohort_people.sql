-- Purpose: in which period each customer began, and the last one he was there in.
-- Begun: the first purchase, login or paid term, as asked for (the earliest of them). There: bought or logged in
-- within the period, under contract at the end of its last day.
-- One row per customer who began up to as_of.
-- Parameters: as_of, unit (month, quarter), months of it, by_purchase, by_login, by_contract.
-- Reads: temp first_days, revenue_spells.  Writes: temp cohort_people.
DROP TABLE IF EXISTS pg_temp.cohort_people
;;
CREATE TEMP TABLE cohort_people AS
WITH
--> metrics/sql/cohort_people_body.sql
;;
ANALYZE cohort_people
