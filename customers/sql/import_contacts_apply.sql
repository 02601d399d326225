-- Purpose: write a classified chunk of contacts: before-images, the former primary contact gives way, changed and new
--          contacts, marks.
-- One row per line of the chunk (and per contact that gives way). Parameters: import_id, now.
-- Reads: import_chunk_contacts, import_contact_rows, import_codes.
-- Writes: customers_contact, customers_importchange, customers_touched.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'contact', stored.id, diff.before, diff.after
FROM import_chunk_contacts AS chunk
JOIN import_contact_rows AS rows ON rows.line = chunk.line
JOIN customers_contact AS stored ON stored.id = chunk.row_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was
    JOIN jsonb_each(
        to_jsonb(chunk) - 'customer_id' || jsonb_build_object(
            'code', chunk.contact_code, 'is_primary', stored.is_primary OR rows.leads
        )
    ) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE diff.before IS NOT NULL AND stored.imported_id IS DISTINCT FROM %(import_id)s
ON CONFLICT (imported_id, model, row_id) DO UPDATE
SET before = excluded.before || customers_importchange.before, after = customers_importchange.after || excluded.after
;;
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, rows.line, 'contact', former.id, '{"is_primary": true}', '{"is_primary": false}'
FROM import_contact_rows AS rows
JOIN customers_contact AS former ON former.customer_id = rows.customer_id AND former.is_primary
WHERE rows.leads AND former.imported_id IS DISTINCT FROM %(import_id)s
ON CONFLICT (imported_id, model, row_id) DO UPDATE
SET before = excluded.before || customers_importchange.before, after = customers_importchange.after || excluded.after
;;
UPDATE customers_contact AS former
SET is_primary = false, version = former.version + 1, updated_at = %(now)s
FROM import_contact_rows AS rows
WHERE rows.leads AND former.customer_id = rows.customer_id AND former.is_primary
;;
UPDATE customers_contact AS stored
SET code = chunk.contact_code, name = chunk.name, kana = chunk.kana, department = chunk.department, title = chunk.title,
    email = chunk.email, phone = chunk.phone, role = chunk.role, left_on = chunk.left_on,
    is_primary = stored.is_primary OR rows.leads, version = stored.version + 1, updated_at = %(now)s
FROM import_chunk_contacts AS chunk
JOIN import_contact_rows AS rows ON rows.line = chunk.line
WHERE stored.id = chunk.row_id
;;
INSERT INTO customers_contact
    (customer_id, code, name, kana, department, title, email, phone, role, is_primary, left_on, version, created_at,
     updated_at, imported_id)
SELECT codes.customer_id, chunk.contact_code, chunk.name, chunk.kana, chunk.department, chunk.title, chunk.email,
    chunk.phone, chunk.role, rows.leads, chunk.left_on, 1, %(now)s, %(now)s, %(import_id)s
FROM import_chunk_contacts AS chunk
JOIN import_contact_rows AS rows ON rows.line = chunk.line
JOIN import_codes AS codes ON codes.code = chunk.code
WHERE chunk.row_id IS NULL
ORDER BY chunk.line
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_contacts AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
