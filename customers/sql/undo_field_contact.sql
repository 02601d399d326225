-- Purpose: a contact becomes the primary one again only where no other primary contact stays.
-- One row per column kept. Parameters: import_id.
-- Reads: customers_contact, customers_undokept, customers_importchange. Writes: undo_field.
UPDATE undo_field SET why = 'in_use'
FROM customers_contact AS mine, customers_contact AS other
WHERE undo_field.field = 'is_primary' AND undo_field.why IS NULL AND undo_field.before = 'true'
  AND mine.id = undo_field.row_id
  AND other.customer_id = mine.customer_id AND other.is_primary AND other.id <> mine.id
  AND NOT (
    other.imported_id IS NOT DISTINCT FROM %(import_id)s AND other.id NOT IN (
        SELECT row_id FROM customers_undokept
        WHERE imported_id = %(import_id)s AND model = 'contact' AND field = ''
    )
  )
  AND NOT EXISTS (
    SELECT FROM customers_importchange AS change
    WHERE change.imported_id = %(import_id)s AND change.model = 'contact' AND change.row_id = other.id
      AND change.before ->> 'is_primary' = 'false'
  )
