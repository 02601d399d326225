-- Purpose: how many customers were ever under contract, to know whether a sample of them is enough.
-- One row.  Reads: temp contract_cover.  Writes: nothing.
SELECT count(DISTINCT customer_id) AS customers FROM contract_cover
