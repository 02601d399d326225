-- Purpose: write the entries undo_consents.sql found. One row per address. Parameters: undo_source, by.
-- Reads: undo_entry. Writes: customers_consent.
INSERT INTO customers_consent
    (customer_id, contact_id, channel, address, state, basis, at, source, wording, by_id, recorded_at, imported_id)
SELECT customer_id, contact_id, channel, address, state, basis, at, %(undo_source)s, wording, %(by)s::bigint,
    clock_timestamp(), imported_id
FROM undo_entry
ORDER BY id
