-- Purpose: the interactions of a chunk that are new or changed, with the values that will stand. An empty cell keeps
--          what is stored, unless asked; without a status, what was resolved is closed, and so is anything new. A row
--          told by its values alone is the row it is: nothing of it can have changed.
-- One row per such line. Parameters: after, upto (lines), clear, filled.
-- Reads: import_ready_interactions, import_owners, customers_interaction. Writes: import_chunk_interactions.
INSERT INTO import_chunk_interactions
    (line, row_id, contact_id, code, line_key, interaction_id, occurred_at, kind, direction, category, status,
     priority, resolved_at, satisfaction, competitor, subject, body, next_action, next_on, by_id)
SELECT standing.line, standing.id, standing.contact_id, standing.code, standing.line_key, standing.interaction_id,
    standing.occurred_at, standing.kind, standing.direction, standing.category, standing.status, standing.priority,
    standing.resolved_at, standing.satisfaction, standing.competitor, standing.subject, standing.body,
    standing.next_action, standing.next_on, standing.by_id
FROM (
    SELECT ready.line, stored.id, ready.code, ready.line_key, ready.interaction_id = '' AS is_told_by_values,
        coalesce(stored.interaction_id, ready.interaction_id) AS interaction_id, ready.occurred_at, ready.kind,
        coalesce(ready.contact::bigint, CASE WHEN NOT (%(clear)s AND 'contact_id' = ANY (%(filled)s)) THEN stored.contact_id END) AS contact_id,
        coalesce(ready.direction, stored.direction, 'outbound') AS direction,
        coalesce(ready.category, CASE WHEN NOT (%(clear)s AND 'category' = ANY (%(filled)s)) THEN stored.category END, '') AS category,
        coalesce(ready.status, CASE WHEN ready.resolved_at IS NOT NULL THEN 'closed' END, stored.status, 'closed') AS status,
        coalesce(ready.priority, CASE WHEN NOT (%(clear)s AND 'priority' = ANY (%(filled)s)) THEN stored.priority END, '') AS priority,
        coalesce(ready.resolved_at, CASE WHEN NOT (%(clear)s AND 'resolved_at' = ANY (%(filled)s)) THEN stored.resolved_at END) AS resolved_at,
        coalesce(ready.satisfaction, CASE WHEN NOT (%(clear)s AND 'satisfaction' = ANY (%(filled)s)) THEN stored.satisfaction END) AS satisfaction,
        coalesce(ready.competitor, CASE WHEN NOT (%(clear)s AND 'competitor' = ANY (%(filled)s)) THEN stored.competitor END, '') AS competitor,
        coalesce(ready.subject, CASE WHEN NOT (%(clear)s AND 'subject' = ANY (%(filled)s)) THEN stored.subject END, '') AS subject,
        coalesce(ready.body, CASE WHEN NOT (%(clear)s AND 'body' = ANY (%(filled)s)) THEN stored.body END, '') AS body,
        coalesce(ready.next_action, CASE WHEN NOT (%(clear)s AND 'next_action' = ANY (%(filled)s)) THEN stored.next_action END, '') AS next_action,
        coalesce(ready.next_on, CASE WHEN NOT (%(clear)s AND 'next_on' = ANY (%(filled)s)) THEN stored.next_on END) AS next_on,
        coalesce(owners.user_id, CASE WHEN NOT (%(clear)s AND 'by' = ANY (%(filled)s)) AND ready.by IS NULL THEN stored.by_id END) AS by_id
    FROM import_ready_interactions AS ready
    LEFT JOIN import_owners AS owners ON owners.owner = ready.by
    LEFT JOIN customers_interaction AS stored ON stored.line_key = ready.line_key
    WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
) AS standing
LEFT JOIN customers_interaction AS stored ON stored.id = standing.id
WHERE stored.id IS NULL
   OR NOT standing.is_told_by_values AND (
        stored.occurred_at, stored.kind, stored.contact_id, stored.direction, stored.category, stored.status,
        stored.priority, stored.resolved_at, stored.satisfaction, stored.competitor, stored.subject, stored.body,
        stored.next_action, stored.next_on, stored.by_id
    ) IS DISTINCT FROM (
        standing.occurred_at, standing.kind, standing.contact_id, standing.direction, standing.category,
        standing.status, standing.priority, standing.resolved_at, standing.satisfaction, standing.competitor,
        standing.subject, standing.body, standing.next_action, standing.next_on, standing.by_id
    )
