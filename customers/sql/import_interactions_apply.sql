-- Purpose: write a classified chunk of interactions: before-images, changed and new rows, marks.
-- One row per line of the chunk. Parameters: import_id, now.
-- Reads: import_chunk_interactions, import_codes.
-- Writes: customers_interaction, customers_importchange, customers_touched.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'interaction', stored.id, diff.before, diff.after
FROM import_chunk_interactions AS chunk
JOIN customers_interaction AS stored ON stored.id = chunk.row_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was JOIN jsonb_each(to_jsonb(chunk)) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
UPDATE customers_interaction AS stored
SET contact_id = chunk.contact_id, occurred_at = chunk.occurred_at, kind = chunk.kind, direction = chunk.direction,
    category = chunk.category, status = chunk.status, priority = chunk.priority, resolved_at = chunk.resolved_at,
    satisfaction = chunk.satisfaction, competitor = chunk.competitor, subject = chunk.subject, body = chunk.body,
    next_action = chunk.next_action, next_on = chunk.next_on, by_id = chunk.by_id, version = stored.version + 1
FROM import_chunk_interactions AS chunk
WHERE stored.id = chunk.row_id
;;
INSERT INTO customers_interaction
    (customer_id, line_key, interaction_id, contact_id, occurred_at, kind, direction, category, status, priority,
     resolved_at, satisfaction, competitor, subject, body, next_action, next_on, by_id, created_at, imported_id)
SELECT codes.customer_id, chunk.line_key, chunk.interaction_id, chunk.contact_id, chunk.occurred_at, chunk.kind,
    chunk.direction, chunk.category, chunk.status, chunk.priority, chunk.resolved_at, chunk.satisfaction,
    chunk.competitor, chunk.subject, chunk.body, chunk.next_action, chunk.next_on, chunk.by_id, %(now)s::timestamptz,
    %(import_id)s
FROM import_chunk_interactions AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
WHERE chunk.row_id IS NULL
ORDER BY chunk.line
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_interactions AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
