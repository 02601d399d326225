-- Purpose: who was there in which of the periods asked for, and what he brought in it.
-- There: bought or logged in within the period, under contract at the end of its last day. Brought: purchases net of
-- refunds by the day; where contracts alone decide, the monthly amount at the end of the period's last day.
-- One row per customer and period. Parameters: as_of, firsts (of periods), unit, months, by_purchase, by_login, by_contract.
-- Reads: temp purchase_days, refund_days, revenue_spells; customers_login.  Writes: temp cohort_presence.
DROP TABLE IF EXISTS pg_temp.cohort_presence
;;
CREATE TEMP TABLE cohort_presence AS
WITH
--> metrics/sql/cohort_presence_body.sql
;;
ANALYZE cohort_presence
