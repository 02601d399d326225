-- Purpose: empties the keys before everybody's are written, without the indexes: they are made anew afterwards
--          (duplicates_index.sql), in a tenth of the time that keeping them up would take.
-- Writes: customers_matchkey.
DROP INDEX IF EXISTS matchkeys_by_key, matchkeys_by_customer
;;
TRUNCATE customers_matchkey
