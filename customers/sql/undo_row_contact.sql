-- Purpose: a contact the import made was edited with its customer's form (whose row of the audit log is the
--          customer's), where the contact's own marks count imports undone since.
-- One row per contact that stays. Parameters: import_id.
-- Reads: customers_contact, customers_importchange, accounts_auditevent. Writes: undo_row.
UPDATE undo_row SET why = 'edited'
FROM customers_contact AS mine, customers_importchange AS change, accounts_auditevent AS event
WHERE mine.id = undo_row.row_id AND undo_row.why IS NULL
  AND change.model = 'contact' AND change.row_id = mine.id AND change.imported_id <> %(import_id)s
  AND event.object_type = 'customers.Customer' AND event.object_id = mine.customer_id::text
  AND event.action = 'customer.change'
