-- Purpose: dated values of owner, industry and region an import wrote stay where somebody set the same field to
--          another value on the same day, or where they are what stood before a change that stays.
-- One row per dated value that stays. Parameters: import_id.
-- Reads: customers_dimensionchange, customers_importchange, customers_undokept. Writes: undo_row.
UPDATE undo_row SET why = 'edited'
FROM customers_dimensionchange AS mine, customers_importchange AS change
WHERE mine.id = undo_row.row_id AND undo_row.why IS NULL AND mine.since IS NOT NULL
  AND change.imported_id = %(import_id)s AND change.model = 'customer' AND change.row_id = mine.customer_id
  AND jsonb_exists(change.after, CASE mine.dimension WHEN 'owner' THEN 'owner_id' ELSE mine.dimension END)
  AND mine.value
    <> coalesce(change.after ->> CASE mine.dimension WHEN 'owner' THEN 'owner_id' ELSE mine.dimension END, '')
;;
UPDATE undo_row SET why = 'in_use'
FROM customers_dimensionchange AS mine, customers_dimensionchange AS later
WHERE mine.id = undo_row.row_id AND undo_row.why IS NULL AND mine.since IS NULL AND later.id <> mine.id
  AND later.customer_id = mine.customer_id AND later.dimension = mine.dimension
  AND NOT (
    later.imported_id IS NOT DISTINCT FROM %(import_id)s
    AND later.id NOT IN (SELECT stays.row_id FROM undo_row AS stays WHERE stays.why IS NOT NULL)
    AND later.id NOT IN (
        SELECT row_id FROM customers_undokept
        WHERE imported_id = %(import_id)s AND model = 'dimension' AND field = ''
    )
  )
