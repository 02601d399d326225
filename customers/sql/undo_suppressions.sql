-- Purpose: the refusals only this import brought: still open, nobody else has refused for the address since, and no
--          other file says the same (import_refusals_again.sql). One it said again goes with it where the import that
--          brought it is undone already.
-- One row per suppression. Parameters: import_id, source (as the ledger names the import).
-- Reads: customers_suppression, customers_consent, customers_importchange, customers_import. Writes: undo_stop.
INSERT INTO undo_stop (id)
SELECT stop.id
FROM customers_suppression AS stop
LEFT JOIN LATERAL (
    SELECT min(entry.id) AS first_id, bool_or(entry.source = stop.source AND entry.at = stop.at) AS says_so
    FROM customers_consent AS entry
    WHERE entry.channel = stop.channel AND entry.address = stop.address
      AND (entry.imported_id = %(import_id)s OR entry.source = %(source)s) AND entry.state = 'withdrawn'
) AS own ON true
WHERE stop.lifted_at IS NULL AND stop.reason = 'refused' AND (
    stop.source = %(source)s OR own.says_so OR EXISTS (
        SELECT FROM customers_importchange AS said
        JOIN customers_import AS gone ON gone.state = 'undone' AND gone.id = coalesce(
            substring(stop.source FROM '^import ([0-9]+)$')::bigint,
            (SELECT min(entry.imported_id) FROM customers_consent AS entry
             WHERE entry.channel = stop.channel AND entry.address = stop.address AND entry.state = 'withdrawn'
               AND entry.source = stop.source AND entry.at = stop.at)
        )
        WHERE said.imported_id = %(import_id)s AND said.model = 'refusal' AND said.row_id = stop.id
    )
  )
  AND NOT EXISTS (
    SELECT FROM customers_importchange AS said
    JOIN customers_import AS other ON other.id = said.imported_id
    WHERE said.model = 'refusal' AND said.row_id = stop.id AND said.imported_id <> %(import_id)s
      AND other.state <> 'undone'
  )
  AND NOT EXISTS (
    SELECT FROM customers_consent AS other
    WHERE other.channel = stop.channel AND other.address = stop.address AND other.state = 'withdrawn'
      AND other.id > coalesce(own.first_id, 0) AND other.imported_id IS DISTINCT FROM %(import_id)s
      AND other.source <> %(source)s AND other.source NOT LIKE 'undo of import %%'
      AND NOT EXISTS (
        SELECT FROM customers_import AS gone
        WHERE gone.state = 'undone' AND (gone.id = other.imported_id OR other.source = 'import ' || gone.id)
      )
  )
