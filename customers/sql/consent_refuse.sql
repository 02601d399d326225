-- Purpose: customers who refuse a channel without an address of theirs being known: an entry without address, which
--          consent_settle.sql holds against every address that comes in later.
--          A refusal that came with an import is said again by others: the import may be undone.
-- One row per customer who had not refused so. Parameters: customers (ids), channel, at, source, by.
-- Reads and writes: customers_consent.
INSERT INTO customers_consent (customer_id, channel, address, state, basis, at, source, wording, by_id, recorded_at)
SELECT DISTINCT given.id, %(channel)s, '', 'withdrawn', '', %(at)s::timestamptz, %(source)s, '', %(by)s::bigint, statement_timestamp()
FROM unnest(%(customers)s::bigint[]) AS given (id)
WHERE NOT EXISTS (
    SELECT FROM customers_consent AS entry
    WHERE entry.customer_id = given.id AND entry.channel = %(channel)s AND entry.address = '' AND entry.state = 'withdrawn'
      AND (entry.source = %(source)s OR entry.source NOT LIKE 'import %%')
)
