-- Purpose: typed logins; of equal ones (customer, moment) in the file only the last counts.
-- One row per staged line that can be read. Parameters: zone. Reads: import_staged, import_codes.
-- Writes: import_ready_logins.
INSERT INTO import_ready_logins (line, reject, field, is_last, code, logged_in_at, logged_in_on)
SELECT staged.line, codes.reject,
    CASE
        WHEN codes.reject IN ('unknown_contract', 'other_customer') THEN 'contract_id'
        WHEN codes.reject IS NOT NULL THEN 'customer_id'
    END,
    row_number() OVER (PARTITION BY staged.customer_id, staged.logged_in_at::timestamptz ORDER BY staged.line DESC) = 1,
    staged.customer_id, staged.logged_in_at::timestamptz,
    (staged.logged_in_at::timestamptz AT TIME ZONE %(zone)s)::date
FROM import_staged AS staged
JOIN import_codes AS codes ON codes.code = staged.customer_id
WHERE staged.code IS NULL
