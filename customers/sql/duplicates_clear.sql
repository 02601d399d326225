-- Purpose: empties the keys before everybody's are written. Writes: customers_matchkey.
TRUNCATE customers_matchkey
