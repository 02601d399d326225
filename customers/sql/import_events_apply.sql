-- Purpose: write a classified chunk of events: before-images, changed and new rows, marks; and lend the reason of a
--          churned event to the terms of that customer that ended (that day was the last with service, or the first
--          without) or were cancelled on that very day and have none. A term another one continues did not end.
-- One row per line of the chunk, and per term. Parameters: import_id, now, zone.
-- Reads: import_chunk_events, import_codes.
-- Writes: customers_event, customers_contract, customers_importchange, customers_touched.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'event', stored.id, diff.before, diff.after
FROM import_chunk_events AS chunk
JOIN customers_event AS stored ON stored.id = chunk.row_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was JOIN jsonb_each(to_jsonb(chunk)) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
UPDATE customers_event AS stored
SET kind = chunk.kind, at = chunk.at, data = chunk.data
FROM import_chunk_events AS chunk
WHERE stored.id = chunk.row_id
;;
INSERT INTO customers_event (customer_id, line_key, kind, at, data, imported_id)
SELECT codes.customer_id, chunk.line_key, chunk.kind, chunk.at, chunk.data, %(import_id)s
FROM import_chunk_events AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
WHERE chunk.row_id IS NULL
ORDER BY chunk.line
;;
WITH lent AS (
    SELECT DISTINCT ON (term.id) term.id, chunk.line, left(chunk.data ->> 'reason', 200) AS reason
    FROM import_chunk_events AS chunk
    JOIN import_codes AS codes ON codes.code = chunk.code
    JOIN customers_contract AS term
        ON term.customer_id = codes.customer_id
       AND (chunk.at AT TIME ZONE %(zone)s)::date IN (term.ends_on, term.ends_on - 1, term.cancelled_on)
    WHERE chunk.kind = 'churned' AND chunk.data ->> 'reason' <> '' AND term.reason = ''
      AND NOT EXISTS (
        SELECT FROM customers_contract AS next_term
        WHERE next_term.contract_id = term.contract_id AND next_term.starts_on = term.ends_on
      )
    ORDER BY term.id, chunk.line
), kept AS (
    INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
    SELECT %(import_id)s, lent.line, 'contract', lent.id, '{"reason": ""}', jsonb_build_object('reason', lent.reason)
    FROM lent
    ON CONFLICT (imported_id, model, row_id) DO NOTHING
)
UPDATE customers_contract AS term SET reason = lent.reason FROM lent WHERE lent.id = term.id
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_events AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
