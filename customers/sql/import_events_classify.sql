-- Purpose: the events of a chunk that are new or changed, with the values that will stand. What is kept with an event
--          stays unless the file says otherwise (an empty cell says so only where asked), and keeps its type where the
--          text is the same. A row told by its values alone is the row it is: nothing of it can have changed.
-- One row per such line. Parameters: after, upto (lines).
-- Reads: import_ready_events, customers_event. Writes: import_chunk_events.
INSERT INTO import_chunk_events (line, row_id, code, line_key, kind, at, data)
SELECT ready.line, stored.id, ready.code, ready.line_key, ready.kind, ready.at,
    CASE WHEN stored.id IS NULL THEN jsonb_strip_nulls(ready.data) ELSE (stored.data - said.cleared) || said.changed END
FROM import_ready_events AS ready
LEFT JOIN customers_event AS stored ON stored.line_key = ready.line_key
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(key) FILTER (WHERE value = 'null'), '{}') AS cleared,
        coalesce(jsonb_object_agg(key, value) FILTER (
            WHERE value <> 'null' AND value #>> '{}' IS DISTINCT FROM stored.data ->> key
              AND (key <> 'event_id' OR stored.data ? 'event_id')
        ), '{}') AS changed
    FROM jsonb_each(ready.data)
) AS said
WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
  AND (
    stored.id IS NULL
    OR ready.data ? 'event_id' AND (
        (stored.kind, stored.at) IS DISTINCT FROM (ready.kind, ready.at)
        OR (stored.data - said.cleared) || said.changed <> stored.data
    )
  )
