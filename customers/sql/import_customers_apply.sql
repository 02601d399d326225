-- Purpose: write a classified chunk of customers: before-images, dated changes of owner, industry and region, changed
--          and new customers, their contacts, marks.
-- One row per line of the chunk. Parameters: import_id, now, today (business day).
-- Reads: import_chunk_customers. Writes: customers_importchange, customers_dimensionchange, customers_customer,
-- customers_contact, customers_touched, import_codes.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'customer', stored.id, diff.before, diff.after
FROM import_chunk_customers AS chunk
JOIN customers_customer AS stored ON stored.id = chunk.customer_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was JOIN jsonb_each(to_jsonb(chunk)) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE NOT chunk.is_new AND diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'contact', contact.id, diff.before, diff.after
FROM import_chunk_customers AS chunk
JOIN customers_contact AS contact ON contact.id = chunk.contact_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(name, old) AS before, jsonb_object_agg(name, new) AS after
    FROM (VALUES
        ('email', contact.email, chunk.email), ('phone', contact.phone, chunk.phone),
        ('name', contact.name, CASE WHEN chunk.kind = 'person' THEN chunk.name ELSE chunk.contact_name END),
        ('kana', contact.kana, CASE WHEN chunk.kind = 'person' THEN chunk.kana ELSE contact.kana END)
    ) AS field (name, old, new)
    WHERE old <> new
) AS diff
WHERE NOT chunk.is_new AND diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'dimension', known.id, jsonb_build_object('value', known.value),
    jsonb_build_object('value', dimension.new)
FROM import_chunk_customers AS chunk
CROSS JOIN LATERAL (VALUES
    ('owner', coalesce(chunk.owner_id::text, '')), ('industry', chunk.industry), ('region', chunk.region)
) AS dimension (name, new)
JOIN customers_dimensionchange AS known
    ON known.customer_id = chunk.customer_id AND known.dimension = dimension.name AND known.since = %(today)s::date
WHERE known.value <> dimension.new AND known.imported_id IS DISTINCT FROM %(import_id)s
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
INSERT INTO customers_dimensionchange (customer_id, dimension, since, value, imported_id)
SELECT stored.id, dimension.name, NULL, dimension.old, %(import_id)s::bigint
FROM import_chunk_customers AS chunk
JOIN customers_customer AS stored ON stored.id = chunk.customer_id
CROSS JOIN LATERAL (VALUES
    ('owner', coalesce(stored.owner_id::text, ''), coalesce(chunk.owner_id::text, '')),
    ('industry', stored.industry, chunk.industry),
    ('region', stored.region, chunk.region)
) AS dimension (name, old, new)
WHERE NOT chunk.is_new AND dimension.old <> dimension.new AND dimension.old <> ''
  AND NOT EXISTS (
    SELECT FROM customers_dimensionchange AS known
    WHERE known.customer_id = stored.id AND known.dimension = dimension.name
  )
;;
INSERT INTO customers_dimensionchange (customer_id, dimension, since, value, imported_id)
SELECT stored.id, dimension.name, %(today)s::date, dimension.new, %(import_id)s::bigint
FROM import_chunk_customers AS chunk
JOIN customers_customer AS stored ON stored.id = chunk.customer_id
CROSS JOIN LATERAL (VALUES
    ('owner', coalesce(stored.owner_id::text, ''), coalesce(chunk.owner_id::text, '')),
    ('industry', stored.industry, chunk.industry),
    ('region', stored.region, chunk.region)
) AS dimension (name, old, new)
WHERE NOT chunk.is_new AND dimension.old <> dimension.new
  AND EXISTS (
    SELECT FROM customers_dimensionchange AS known
    WHERE known.customer_id = stored.id AND known.dimension = dimension.name
  )
ON CONFLICT (customer_id, dimension, since) DO UPDATE SET value = excluded.value
;;
UPDATE customers_customer AS stored
SET name = chunk.name, kana = chunk.kana, kind = chunk.kind, company = chunk.company, postal_code = chunk.postal_code,
    address = chunk.address, industry = chunk.industry, region = chunk.region, owner_id = chunk.owner_id,
    joined_on = chunk.joined_on, birth_on = chunk.birth_on, acquired_via = chunk.acquired_via, tags = chunk.tags,
    attributes = chunk.attributes, corporate_number = chunk.corporate_number, parent_id = chunk.parent_id,
    sales_owner_id = chunk.sales_owner_id, deputy_id = chunk.deputy_id, version = stored.version + 1, updated_at = %(now)s
FROM import_chunk_customers AS chunk
WHERE stored.id = chunk.customer_id
;;
INSERT INTO customers_customer
    (code, kind, name, kana, sort_key, search_text, company, postal_code, address, industry, region, owner_id, joined_on,
     birth_on, acquired_via, tags, attributes, corporate_number, parent_id, sales_owner_id, deputy_id, version, created_at,
     updated_at, imported_id)
SELECT chunk.code, chunk.kind, chunk.name, chunk.kana,
    customers_sort_form(coalesce(nullif(chunk.kana, ''), chunk.name)),
    customers_search_form(concat_ws(
        '|', chunk.code, chunk.name, nullif(chunk.kana, ''), nullif(chunk.company, ''),
        CASE WHEN chunk.kind = 'person' THEN concat_ws('|', chunk.name, nullif(chunk.kana, '')) ELSE nullif(chunk.contact_name, '') END,
        nullif(chunk.email, ''), nullif(chunk.phone, ''), replace(chunk.other_emails, ' ', '|'),
        CASE WHEN chunk.kind = 'person' THEN chunk.contact_name END
    )),
    chunk.company, chunk.postal_code, chunk.address, chunk.industry, chunk.region, chunk.owner_id, chunk.joined_on, chunk.birth_on, chunk.acquired_via, chunk.tags,
    chunk.attributes, chunk.corporate_number, chunk.parent_id, chunk.sales_owner_id, chunk.deputy_id, 1, %(now)s, %(now)s,
    %(import_id)s
FROM import_chunk_customers AS chunk
WHERE chunk.is_new
ORDER BY chunk.line
;;
UPDATE import_chunk_customers AS chunk SET customer_id = made.id
FROM customers_customer AS made
WHERE chunk.is_new AND made.code = chunk.code
;;
UPDATE customers_contact AS contact
SET email = chunk.email, phone = chunk.phone,
    name = CASE WHEN chunk.kind = 'person' THEN chunk.name ELSE chunk.contact_name END,
    kana = CASE WHEN chunk.kind = 'person' THEN chunk.kana ELSE contact.kana END, version = contact.version + 1,
    updated_at = %(now)s
FROM import_chunk_customers AS chunk
WHERE contact.id = chunk.contact_id
  AND (contact.email, contact.phone, contact.name, contact.kana) IS DISTINCT FROM (
    chunk.email, chunk.phone, CASE WHEN chunk.kind = 'person' THEN chunk.name ELSE chunk.contact_name END,
    CASE WHEN chunk.kind = 'person' THEN chunk.kana ELSE contact.kana END
  )
;;
INSERT INTO customers_contact
    (customer_id, name, kana, department, title, email, phone, is_primary, created_at, updated_at, imported_id)
SELECT chunk.customer_id, CASE WHEN chunk.kind = 'person' THEN chunk.name ELSE chunk.contact_name END,
    CASE WHEN chunk.kind = 'person' THEN chunk.kana ELSE '' END, '', '', chunk.email, chunk.phone, true, %(now)s, %(now)s,
    %(import_id)s
FROM import_chunk_customers AS chunk
WHERE chunk.contact_id IS NULL AND chunk.needs_contact
ORDER BY chunk.line
;;
INSERT INTO customers_contact
    (customer_id, name, kana, department, title, email, phone, is_primary, created_at, updated_at, imported_id)
SELECT chunk.customer_id, '', '', '', '', given.address, '', false, %(now)s, %(now)s, %(import_id)s
FROM import_chunk_customers AS chunk
CROSS JOIN LATERAL unnest(string_to_array(chunk.other_emails, ' ')) AS given (address)
WHERE NOT EXISTS (
    SELECT FROM customers_contact AS other WHERE other.customer_id = chunk.customer_id AND other.email = given.address
)
;;
INSERT INTO customers_contact
    (customer_id, name, kana, department, title, email, phone, is_primary, created_at, updated_at, imported_id)
SELECT chunk.customer_id, chunk.contact_name, '', '', '', '', '', false, %(now)s, %(now)s, %(import_id)s
FROM import_chunk_customers AS chunk
WHERE chunk.kind = 'person' AND chunk.contact_name IS NOT NULL AND NOT EXISTS (
    SELECT FROM customers_contact AS other
    WHERE other.customer_id = chunk.customer_id AND replace(other.name, ' ', '') = replace(chunk.contact_name, ' ', '')
)
;;
INSERT INTO customers_touched (customer_id, at)
SELECT chunk.customer_id, %(now)s::timestamptz FROM import_chunk_customers AS chunk
