-- Purpose: contacts the import made that stay: edited with their customer's form (whose row of the audit log is the
--          customer's) where their own marks count imports undone since; or moved by a merge that stands, which would
--          come apart without them.
-- One row per contact that stays. Parameters: import_id.
-- Reads: customers_contact, customers_importchange, accounts_auditevent, customers_mergemove, customers_merge.
-- Writes: undo_row.
UPDATE undo_row SET why = 'edited'
FROM customers_contact AS mine, customers_importchange AS change, accounts_auditevent AS event
WHERE mine.id = undo_row.row_id AND undo_row.why IS NULL
  AND change.model = 'contact' AND change.row_id = mine.id AND change.imported_id <> %(import_id)s
  AND event.object_type = 'customers.Customer' AND event.object_id = mine.customer_id::text
  AND event.action = 'customer.change'
;;
UPDATE undo_row SET why = 'in_use'
FROM customers_mergemove AS move
JOIN customers_merge AS merge ON merge.id = move.merge_id AND merge.undone_at IS NULL
WHERE move.model = 'customers.contact' AND move.row_id = undo_row.row_id AND undo_row.why IS NULL
