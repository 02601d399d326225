-- Purpose: the customer codes of a staged file, each with the line it is first seen in.
-- One row per distinct code. Reads: import_staged. Writes: import_codes.
INSERT INTO import_codes (code, first_line, alike)
SELECT staged.customer_id, min(staged.line), ltrim(lower(staged.customer_id), '0')
FROM import_staged AS staged
WHERE staged.customer_id IS NOT NULL
GROUP BY staged.customer_id
