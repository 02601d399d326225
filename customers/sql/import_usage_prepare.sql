-- Purpose: typed usage with its identity: its number, else ~ and a hash of all values and which of its equals in the
--          file it is. A quantity of 0 or less is no use. A number belongs to the customer who has it, else to the one
--          of its first line; of a number's rows the last counts.
--          What is still to come after tomorrow (clocks and zones differ) did not happen.
-- One row per staged line that can be read. Parameters: today, zone (session time zone: the company's).
-- Reads: import_staged, import_codes, customers_login. Writes: import_ready_usage.
INSERT INTO import_ready_usage
    (line, reject, field, is_last, code, usage_id, contact, feature, quantity, logged_in_at, logged_in_on)
SELECT counted.line,
    coalesce(
        counted.code_reject, counted.contact_reject, CASE WHEN counted.quantity <= 0 THEN 'no_use' END,
        CASE WHEN counted.used_at >= %(today)s::date + 2 THEN 'future_date' END
    ),
    CASE
        WHEN counted.code_reject IN ('unknown_contract', 'other_customer') THEN 'contract_id'
        WHEN counted.code_reject IS NOT NULL THEN 'customer_id'
        WHEN counted.contact_reject IS NOT NULL THEN 'contact_id'
        WHEN counted.quantity <= 0 THEN 'quantity'
        WHEN counted.used_at >= %(today)s::date + 2 THEN 'used_at'
    END,
    false, counted.customer_id,
    coalesce(
        counted.usage_id,
        '~' || md5(counted.identity || row_number() OVER (PARTITION BY counted.identity ORDER BY counted.line))
    ),
    counted.contact, counted.feature, counted.quantity, counted.used_at, (counted.used_at AT TIME ZONE %(zone)s)::date
FROM (
    SELECT typed.*,
        CASE WHEN typed.usage_id IS NULL THEN md5(jsonb_build_array(
            'usage', coalesce(E'\x1f' || typed.contract_id, typed.customer_id), extract(epoch FROM typed.used_at),
            typed.contact_id, typed.feature, typed.quantity
        )::text) END AS identity
    FROM (
        SELECT staged.line, staged.customer_id, staged.contract_id, staged.usage_id, staged.contact_id,
            CASE WHEN staged.contact NOT LIKE '?%%' THEN staged.contact END AS contact,
            CASE WHEN staged.contact LIKE '?%%' THEN substr(staged.contact, 2) END AS contact_reject,
            staged.feature, staged.quantity::numeric(14, 3) AS quantity, staged.used_at::timestamptz AS used_at,
            codes.reject AS code_reject
        FROM import_staged AS staged
        JOIN import_codes AS codes ON codes.code = staged.customer_id
        WHERE staged.code IS NULL
    ) AS typed
) AS counted
;;
ANALYZE import_ready_usage
;;
UPDATE import_ready_usage AS ready
SET reject = 'taken_id', field = 'usage_id'
FROM (
    SELECT DISTINCT ON (held.usage_id) held.usage_id, held.who
    FROM (
        SELECT stored.usage_id, 'id' || stored.customer_id AS who, 0 AS line
        FROM customers_login AS stored
        JOIN import_ready_usage AS mine ON mine.usage_id = stored.usage_id
        WHERE stored.usage_id <> ''
        UNION ALL
        SELECT mine.usage_id, coalesce('id' || codes.customer_id, 'code' || mine.code), mine.line
        FROM import_ready_usage AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS held
    ORDER BY held.usage_id, held.line
) AS holder, import_codes AS codes
WHERE holder.usage_id = ready.usage_id AND codes.code = ready.code AND ready.reject IS NULL
  AND holder.who <> coalesce('id' || codes.customer_id, 'code' || ready.code)
;;
UPDATE import_ready_usage AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (usage_id) line FROM import_ready_usage
    WHERE reject IS NULL
    ORDER BY usage_id, line DESC
) AS last_one
WHERE last_one.line = ready.line
