-- Purpose: typed events with their identity: their number (kept in `data`), the event we keep under #n, else all values
--          and which of their equals in the file they are. A number belongs to the customer who has it, else to the
--          one of its first line; of a number's rows the last counts.
--          What is still to come after tomorrow (clocks and zones differ) did not happen.
-- One row per staged line that can be read. Parameters: today (session time zone: the company's).
-- Reads: import_staged, import_codes, customers_event. Writes: import_ready_events.
INSERT INTO import_ready_events (line, reject, field, is_last, code, line_key, kind, at, data)
SELECT counted.line, counted.reject,
    CASE
        WHEN counted.reject = 'future_date' THEN 'occurred_at'
        WHEN counted.reject IN ('unknown_contract', 'other_customer') THEN 'contract_id'
        WHEN counted.reject IS NOT NULL THEN 'customer_id'
    END,
    false, counted.customer_id,
    CASE
        WHEN counted.event_id IS NULL THEN md5(counted.identity || row_number() OVER (PARTITION BY counted.identity ORDER BY counted.line))::uuid
        ELSE coalesce(counted.own_key, counted.identity::uuid)
    END,
    counted.kind, counted.at, counted.data
FROM (
    SELECT typed.*,
        CASE WHEN typed.event_id ~ '^#[0-9]{1,18}$' THEN (
            SELECT own.line_key FROM customers_event AS own
            WHERE own.id = substr(typed.event_id, 2)::bigint AND NOT own.data ? 'event_id'
              AND own.customer_id = typed.known_id AND NOT EXISTS (
                SELECT FROM customers_event AS named
                WHERE named.line_key = md5(E'event\x1f' || typed.event_id)::uuid
              )
        ) END AS own_key,
        CASE
            WHEN typed.event_id IS NOT NULL THEN md5(E'event\x1f' || typed.event_id)
            ELSE md5(jsonb_build_array(
                'event', coalesce(E'\x1f' || typed.contract_id, typed.customer_id), extract(epoch FROM typed.at), typed.kind,
                jsonb_strip_nulls(typed.data)
            )::text)
        END AS identity
    FROM (
        SELECT staged.line, staged.customer_id, staged.contract_id, staged.event_id, staged.kind,
            staged.occurred_at::timestamptz AS at, codes.customer_id AS known_id,
            coalesce(codes.reject, CASE WHEN staged.occurred_at::timestamptz >= %(today)s::date + 2 THEN 'future_date' END) AS reject,
            coalesce(staged.attributes::jsonb, '{}')
                || jsonb_strip_nulls(jsonb_build_object('reason', staged.reason, 'event_id', staged.event_id)) AS data
        FROM import_staged AS staged
        JOIN import_codes AS codes ON codes.code = staged.customer_id
        WHERE staged.code IS NULL
    ) AS typed
) AS counted
;;
ANALYZE import_ready_events
;;
UPDATE import_ready_events AS ready
SET reject = 'taken_id', field = 'event_id'
FROM (
    SELECT DISTINCT ON (held.line_key) held.line_key, held.who
    FROM (
        SELECT stored.line_key, 'id' || stored.customer_id AS who, 0 AS line
        FROM customers_event AS stored
        JOIN import_ready_events AS mine ON mine.line_key = stored.line_key
        UNION ALL
        SELECT mine.line_key, coalesce('id' || codes.customer_id, 'code' || mine.code), mine.line
        FROM import_ready_events AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS held
    ORDER BY held.line_key, held.line
) AS holder, import_codes AS codes
WHERE holder.line_key = ready.line_key AND codes.code = ready.code
  AND ready.reject IS NULL AND ready.data ? 'event_id'
  AND holder.who <> coalesce('id' || codes.customer_id, 'code' || ready.code)
;;
UPDATE import_ready_events AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (line_key) line FROM import_ready_events
    WHERE reject IS NULL
    ORDER BY line_key, line DESC
) AS last_one
WHERE last_one.line = ready.line
