-- Purpose: addresses that came in after their customer refused the channel without one (consent_refuse.sql) are refused
--          at once: a suppression and an entry each, as of the day of that refusal. An address the ledger has spoken of
--          since then (the person asked for mail again) is left alone.
--          A refusal of an import that was undone does not count.
-- One row per address newly refused. Parameters: customers (ids).
-- Reads: customers_consent, customers_contact, customers_import.
-- Writes: customers_suppression, customers_consent.
INSERT INTO customers_suppression (channel, address, reason, source, at)
SELECT DISTINCT ON (refusal.channel, reach.address) refusal.channel, reach.address, 'refused', refusal.source, refusal.at
FROM customers_consent AS refusal
JOIN customers_contact AS contact ON contact.customer_id = refusal.customer_id
CROSS JOIN LATERAL (
    SELECT CASE refusal.channel WHEN 'mail' THEN lower(btrim(normalize(contact.email, NFKC))) WHEN 'phone' THEN contact.phone END
) AS reach (address)
WHERE refusal.channel IN ('mail', 'phone') AND refusal.address = '' AND refusal.state = 'withdrawn'
  AND refusal.customer_id = ANY (%(customers)s::bigint[]) AND reach.address <> ''
  AND NOT EXISTS (
    SELECT FROM customers_consent AS later
    WHERE later.channel = refusal.channel AND later.address = reach.address AND later.id > refusal.id
  )
  AND NOT EXISTS (
    SELECT FROM customers_import AS gone
    WHERE gone.state = 'undone' AND (gone.id = refusal.imported_id OR refusal.source = 'import ' || gone.id)
  )
ORDER BY refusal.channel, reach.address, refusal.id
ON CONFLICT DO NOTHING
;;
INSERT INTO customers_consent
    (customer_id, contact_id, channel, address, state, basis, at, source, wording, by_id, recorded_at)
SELECT DISTINCT ON (refusal.channel, reach.address)
    refusal.customer_id, CASE refusal.channel WHEN 'mail' THEN contact.id END, refusal.channel, reach.address, 'withdrawn',
    '', refusal.at, refusal.source, '', refusal.by_id, statement_timestamp()
FROM customers_consent AS refusal
JOIN customers_contact AS contact ON contact.customer_id = refusal.customer_id
CROSS JOIN LATERAL (
    SELECT CASE refusal.channel WHEN 'mail' THEN lower(btrim(normalize(contact.email, NFKC))) WHEN 'phone' THEN contact.phone END
) AS reach (address)
WHERE refusal.channel IN ('mail', 'phone') AND refusal.address = '' AND refusal.state = 'withdrawn'
  AND refusal.customer_id = ANY (%(customers)s::bigint[]) AND reach.address <> ''
  AND NOT EXISTS (
    SELECT FROM customers_consent AS later
    WHERE later.channel = refusal.channel AND later.address = reach.address AND later.id > refusal.id
  )
  AND NOT EXISTS (
    SELECT FROM customers_import AS gone
    WHERE gone.state = 'undone' AND (gone.id = refusal.imported_id OR refusal.source = 'import ' || gone.id)
  )
ORDER BY refusal.channel, reach.address, refusal.id, contact.id
