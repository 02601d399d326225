-- Purpose: entries that put the ledger back to what it said before an import: where the import's entry is the last of
--          an address, the one before it is entered again (of another import that is not undone itself); where there
--          was none, or a refusal, consent is withdrawn. Entries of customers who go are not answered.
--          A merge's entry comes and goes with the merge.
-- One row per address. Parameters: import_id, source (as the ledger names the import), now, after, upto (ids of entries).
-- Reads: customers_consent, customers_customer, customers_undokept, customers_import. Writes: undo_entry.
INSERT INTO undo_entry (id, customer_id, contact_id, channel, address, state, basis, at, wording, imported_id)
SELECT last.id, coalesce(prior.customer_id, last.customer_id), coalesce(prior.contact_id, last.contact_id), last.channel,
    last.address, coalesce(prior.state, 'withdrawn'), coalesce(prior.basis, ''), coalesce(prior.at, %(now)s::timestamptz),
    coalesce(prior.wording, ''), prior.imported_id
FROM customers_consent AS last
JOIN customers_customer AS customer ON customer.id = last.customer_id
LEFT JOIN LATERAL (
    SELECT entry.customer_id, entry.contact_id, entry.state, entry.basis, entry.at, entry.wording,
        coalesce(entry.imported_id, substring(entry.source FROM '^import ([0-9]+)$')::bigint) AS imported_id
    FROM customers_consent AS entry
    WHERE entry.channel = last.channel AND entry.address = last.address AND entry.id < last.id
      AND (last.address <> '' OR entry.customer_id = last.customer_id)
      AND entry.imported_id IS DISTINCT FROM %(import_id)s AND entry.source <> %(source)s
      AND NOT EXISTS (
        SELECT FROM customers_import AS gone
        WHERE gone.state = 'undone'
          AND (gone.id = entry.imported_id OR entry.source = 'import ' || gone.id)
      )
    ORDER BY entry.id DESC LIMIT 1
) AS prior ON true
WHERE last.id > %(after)s AND last.id <= %(upto)s
  AND (last.imported_id = %(import_id)s OR last.source = %(source)s)
  AND NOT EXISTS (
    SELECT FROM customers_consent AS later
    WHERE later.channel = last.channel AND later.address = last.address AND later.id > last.id
      AND later.source NOT LIKE 'merge %%' AND (last.address <> '' OR later.customer_id = last.customer_id)
  )
  AND (last.state, last.basis, last.wording)
    IS DISTINCT FROM (coalesce(prior.state, 'withdrawn'), coalesce(prior.basis, ''), coalesce(prior.wording, ''))
  AND (last.state = 'granted' OR prior.state = 'granted')
  AND NOT (
    customer.imported_id IS NOT DISTINCT FROM %(import_id)s AND NOT EXISTS (
        SELECT FROM customers_undokept AS kept
        WHERE kept.imported_id = %(import_id)s AND kept.model = 'customer' AND kept.field = '' AND kept.row_id = customer.id
    )
  )
