-- Purpose: typed interactions with their identity: their number, the row we keep under #n, else all values and which
--          of their equals in the file they are. A word for the kind may say who contacted whom. A day of resolution
--          without a time lies not before the moment it occurred. A number belongs to the customer who has it, else
--          to the one of its first line; of a number's rows the last counts.
--          What is still to come after tomorrow (clocks and zones differ) did not happen.
-- One row per staged line that can be read. Parameters: today (session time zone: the company's).
-- Reads: import_staged, import_codes, import_owners, customers_interaction. Writes: import_ready_interactions.
INSERT INTO import_ready_interactions
    (line, reject, field, is_last, code, line_key, interaction_id, contact, occurred_at, kind, direction, category,
     status, priority, resolved_at, satisfaction, competitor, subject, body, next_action, next_on, by)
SELECT counted.line,
    coalesce(
        counted.code_reject, counted.owner_reject, counted.contact_reject, counted.future_reject, counted.time_reject
    ),
    CASE
        WHEN counted.code_reject IN ('unknown_contract', 'other_customer') THEN 'contract_id'
        WHEN counted.code_reject IS NOT NULL THEN 'customer_id'
        WHEN counted.owner_reject IS NOT NULL THEN 'by'
        WHEN counted.contact_reject IS NOT NULL THEN 'contact_id'
        WHEN counted.future_reject IS NOT NULL THEN 'occurred_at'
        WHEN counted.time_reject IS NOT NULL THEN 'resolved_at'
    END,
    false, counted.customer_id,
    CASE
        WHEN counted.interaction_id IS NULL THEN md5(counted.identity || row_number() OVER (PARTITION BY counted.identity ORDER BY counted.line))::uuid
        ELSE coalesce(counted.own_key, counted.identity::uuid)
    END,
    coalesce(counted.interaction_id, ''), counted.contact, counted.occurred_at, counted.kind, counted.direction,
    counted.category, counted.status, counted.priority,
    CASE WHEN counted.resolved_at IS NOT NULL THEN greatest(counted.resolved_at, counted.occurred_at) END,
    counted.satisfaction, counted.competitor, counted.subject, counted.body, counted.next_action, counted.next_on, counted.by
FROM (
    SELECT typed.*,
        CASE WHEN typed.interaction_id ~ '^#[0-9]{1,18}$' THEN (
            SELECT own.line_key FROM customers_interaction AS own
            WHERE own.id = substr(typed.interaction_id, 2)::bigint AND own.interaction_id = ''
              AND own.customer_id = typed.known_id AND NOT EXISTS (
                SELECT FROM customers_interaction AS named
                WHERE named.line_key = md5(E'interaction\x1f' || typed.interaction_id)::uuid
              )
        ) END AS own_key,
        CASE
            WHEN typed.interaction_id IS NOT NULL THEN md5(E'interaction\x1f' || typed.interaction_id)
            ELSE md5(jsonb_build_array(
                'interaction', coalesce(E'\x1f' || typed.contract_id, typed.customer_id), extract(epoch FROM typed.occurred_at),
                typed.kind, typed.direction, typed.category, typed.status, typed.priority,
                extract(epoch FROM typed.resolved_at), typed.satisfaction, typed.competitor, typed.subject, typed.body,
                typed.next_action, typed.next_on, typed.by, typed.contact_id
            )::text)
        END AS identity,
        CASE WHEN typed.occurred_at >= %(today)s::date + 2 THEN 'future_date' END AS future_reject,
        CASE
            WHEN typed.resolved_at < typed.occurred_at AND typed.resolved_at <> date_trunc('day', typed.occurred_at)
                THEN 'resolved_before_it_occurred'
        END AS time_reject
    FROM (
        SELECT staged.line, staged.customer_id, staged.contract_id, staged.interaction_id, staged.contact_id,
            CASE WHEN staged.contact NOT LIKE '?%%' THEN staged.contact END AS contact,
            CASE WHEN staged.contact LIKE '?%%' THEN substr(staged.contact, 2) END AS contact_reject,
            staged.occurred_at::timestamptz AS occurred_at, split_part(staged.kind, '>', 1) AS kind,
            coalesce(staged.direction, nullif(split_part(staged.kind, '>', 2), '')) AS direction,
            staged.category, staged.status, staged.priority, staged.resolved_at::timestamptz AS resolved_at,
            staged.satisfaction::numeric(4, 1) AS satisfaction, staged.competitor, staged.subject, staged.body,
            staged.next_action, staged.next_on::date AS next_on, staged.by,
            codes.customer_id AS known_id, codes.reject AS code_reject, owners.reject AS owner_reject
        FROM import_staged AS staged
        JOIN import_codes AS codes ON codes.code = staged.customer_id
        LEFT JOIN import_owners AS owners ON owners.owner = staged.by
        WHERE staged.code IS NULL
    ) AS typed
) AS counted
;;
ANALYZE import_ready_interactions
;;
UPDATE import_ready_interactions AS ready
SET reject = 'taken_id', field = 'interaction_id'
FROM (
    SELECT DISTINCT ON (held.line_key) held.line_key, held.who
    FROM (
        SELECT stored.line_key, 'id' || stored.customer_id AS who, 0 AS line
        FROM customers_interaction AS stored
        JOIN import_ready_interactions AS mine ON mine.line_key = stored.line_key
        UNION ALL
        SELECT mine.line_key, coalesce('id' || codes.customer_id, 'code' || mine.code), mine.line
        FROM import_ready_interactions AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS held
    ORDER BY held.line_key, held.line
) AS holder, import_codes AS codes
WHERE holder.line_key = ready.line_key AND codes.code = ready.code
  AND ready.reject IS NULL AND ready.interaction_id <> ''
  AND holder.who <> coalesce('id' || codes.customer_id, 'code' || ready.code)
;;
UPDATE import_ready_interactions AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (line_key) line FROM import_ready_interactions
    WHERE reject IS NULL
    ORDER BY line_key, line DESC
) AS last_one
WHERE last_one.line = ready.line
