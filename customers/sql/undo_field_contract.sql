-- Purpose: a term an import ended goes on again only where no later term stands in its way.
-- One row per column kept. Parameters: import_id. Reads: customers_contract, customers_undokept. Writes: undo_field.
UPDATE undo_field SET why = 'in_use'
FROM customers_contract AS mine, customers_contract AS other
WHERE undo_field.field = 'ends_on' AND undo_field.why IS NULL AND mine.id = undo_field.row_id
  AND other.contract_id = mine.contract_id AND other.starts_on > mine.starts_on
  AND other.starts_on < coalesce((undo_field.before #>> '{}')::date, 'infinity')
  AND NOT (
    other.imported_id IS NOT DISTINCT FROM %(import_id)s AND other.id NOT IN (
        SELECT row_id FROM customers_undokept
        WHERE imported_id = %(import_id)s AND model = 'contract' AND field = ''
    )
  )
