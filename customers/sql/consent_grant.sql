-- Purpose: a declared basis for many addresses at once. Addresses with an open suppression stay refused; those whose
--          ledger already ends with the same grant stay unchanged.
-- One row: granted, unchanged, refused (distinct addresses).
-- Parameters: customers, addresses (arrays, same length), channel, basis, wording, at, source, by.
-- Reads: customers_consent, customers_suppression, customers_contact. Writes: customers_consent.
WITH given AS (
    SELECT DISTINCT ON (address) customer_id, address
    FROM unnest(%(customers)s::bigint[], %(addresses)s::text[]) AS pair (customer_id, address)
    ORDER BY address, customer_id
), judged AS (
    SELECT given.customer_id, given.address,
        EXISTS (
            SELECT FROM customers_suppression AS stop
            WHERE stop.channel = %(channel)s AND stop.address = given.address AND stop.lifted_at IS NULL
        ) AS is_refused,
        coalesce(
            last.state = 'granted' AND last.basis = %(basis)s AND last.wording = %(wording)s
            AND last.at = %(at)s::timestamptz, false
        ) AS is_same
    FROM given
    LEFT JOIN LATERAL (
        SELECT entry.state, entry.basis, entry.wording, entry.at FROM customers_consent AS entry
        WHERE entry.channel = %(channel)s AND entry.address = given.address
        ORDER BY entry.id DESC LIMIT 1
    ) AS last ON true
), entered AS (
    INSERT INTO customers_consent
        (customer_id, contact_id, channel, address, state, basis, at, source, wording, by_id, recorded_at)
    SELECT judged.customer_id,
        (SELECT min(contact.id) FROM customers_contact AS contact
         WHERE contact.customer_id = judged.customer_id AND contact.email = judged.address AND contact.email <> ''),
        %(channel)s, judged.address, 'granted', %(basis)s, %(at)s::timestamptz, %(source)s, %(wording)s,
        %(by)s::bigint, clock_timestamp()
    FROM judged WHERE NOT is_refused AND NOT is_same
    RETURNING 1
)
SELECT (SELECT count(*) FROM entered) AS granted,
    count(*) FILTER (WHERE is_same AND NOT is_refused) AS unchanged,
    count(*) FILTER (WHERE is_refused) AS refused
FROM judged
