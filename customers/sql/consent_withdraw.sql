-- Purpose: refusals of many addresses at once: a suppression each, and an entry where the ledger's last word is not
--          already "withdrawn" (by himself, not by a merge). The last statement's row count = addresses newly refused.
-- One row per address not refused before. Parameters: customers, addresses (arrays, same length), channel, at, source, by.
-- Reads: customers_consent, customers_suppression. Writes: customers_suppression, customers_consent.
INSERT INTO customers_suppression (channel, address, reason, source, at)
SELECT DISTINCT %(channel)s, given.address, 'refused', %(source)s, %(at)s::timestamptz
FROM unnest(%(customers)s::bigint[], %(addresses)s::text[]) AS given (customer_id, address)
ON CONFLICT DO NOTHING
;;
INSERT INTO customers_consent (customer_id, contact_id, channel, address, state, basis, at, source, wording, by_id, recorded_at)
SELECT DISTINCT ON (given.address)
    given.customer_id,
    (SELECT min(contact.id) FROM customers_contact AS contact
     WHERE contact.customer_id = given.customer_id AND contact.email = given.address AND contact.email <> ''),
    %(channel)s, given.address, 'withdrawn', '', %(at)s::timestamptz, %(source)s, '', %(by)s::bigint, clock_timestamp()
FROM unnest(%(customers)s::bigint[], %(addresses)s::text[]) AS given (customer_id, address)
WHERE (
    SELECT CASE WHEN entry.source LIKE 'merge %%' THEN 'merged' ELSE entry.state END FROM customers_consent AS entry
    WHERE entry.channel = %(channel)s AND entry.address = given.address
    ORDER BY entry.id DESC LIMIT 1
) IS DISTINCT FROM 'withdrawn'
ORDER BY given.address, given.customer_id
