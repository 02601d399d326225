-- Purpose: write a classified chunk of consents: a suppression for each address refused, then the entries, in the order
--          of the file.
-- One row per line of the chunk. Parameters: import_id, now.
-- Reads: import_chunk_consents, import_codes, customers_import, customers_contact, customers_customer.
-- Writes: customers_suppression, customers_consent.
INSERT INTO customers_suppression (channel, address, reason, source, at)
SELECT DISTINCT ON (chunk.channel, chunk.address) chunk.channel, chunk.address, 'refused', chunk.source,
    coalesce(chunk.at, %(now)s::timestamptz)
FROM import_chunk_consents AS chunk
WHERE chunk.state = 'withdrawn' AND chunk.address <> ''
ORDER BY chunk.channel, chunk.address, chunk.line
ON CONFLICT DO NOTHING
;;
INSERT INTO customers_consent
    (customer_id, contact_id, channel, address, state, basis, at, source, wording, by_id, recorded_at, imported_id)
SELECT codes.customer_id,
    CASE chunk.channel WHEN 'mail' THEN (
        SELECT min(contact.id) FROM customers_contact AS contact
        WHERE contact.customer_id = codes.customer_id AND contact.email = chunk.address AND contact.email <> ''
    ) END,
    chunk.channel, chunk.address, chunk.state, chunk.basis, coalesce(chunk.at, %(now)s::timestamptz), chunk.source,
    chunk.wording, imported.by_id, statement_timestamp(), imported.id
FROM import_chunk_consents AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
JOIN customers_import AS imported ON imported.id = %(import_id)s
ORDER BY chunk.line
