-- Purpose: the entries of a chunk the ledger does not hold yet (those of an undone import count no more). A refusal without a moment is news only where the last
--          word was no refusal. An agreement whose address was refused since the file was prepared is left out.
-- One row per such line. Parameters: after, upto (lines).
-- Reads: import_ready_consents, import_codes, customers_consent, customers_suppression, customers_import. Writes: import_chunk_consents.
INSERT INTO import_chunk_consents
    (line, row_id, customer_id, code, channel, address, state, at, source, wording, basis)
SELECT ready.line, NULL, codes.customer_id, ready.code, ready.channel, ready.address, ready.state, ready.at, ready.source,
    ready.wording, ready.basis
FROM import_ready_consents AS ready
JOIN import_codes AS codes ON codes.code = ready.code
WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
  AND NOT EXISTS (
    SELECT FROM customers_consent AS entry
    WHERE entry.channel = ready.channel AND entry.address = ready.address AND entry.customer_id = codes.customer_id
      AND entry.state = ready.state
      AND NOT EXISTS (SELECT FROM customers_import AS gone WHERE gone.id = entry.imported_id AND gone.state = 'undone')
      AND CASE
        WHEN ready.at IS NOT NULL
            THEN date_trunc('second', entry.at) = date_trunc('second', ready.at) AND entry.source = ready.source
        ELSE NOT EXISTS (
            SELECT FROM customers_consent AS later
            WHERE later.channel = entry.channel AND later.address = entry.address AND later.customer_id = entry.customer_id
              AND later.id > entry.id AND later.state <> entry.state
        )
      END
  )
  AND NOT (ready.state = 'granted' AND EXISTS (
    SELECT FROM customers_suppression AS stop
    WHERE stop.channel = ready.channel AND stop.address = ready.address AND stop.lifted_at IS NULL
  ))
