-- Purpose: the tables of this database session in which an undo notes what it looks at: rows the import made and why
--          they stay (NULL: they go), columns it changed and why they stay, customers concerned, entries of the ledger
--          to add, suppressions to lift.
-- One row per row, column, customer, entry, suppression. Reads: nothing. Writes: nothing.
CREATE TEMP TABLE IF NOT EXISTS undo_row (row_id bigint PRIMARY KEY, why text)
;;
CREATE TEMP TABLE IF NOT EXISTS undo_change (change_id bigint PRIMARY KEY, row_id bigint, before jsonb, after jsonb)
;;
CREATE TEMP TABLE IF NOT EXISTS undo_field (row_id bigint, field text, now jsonb, before jsonb, why text)
;;
CREATE TEMP TABLE IF NOT EXISTS undo_concerned (customer_id bigint)
;;
CREATE TEMP TABLE IF NOT EXISTS undo_entry
    (id bigint, customer_id bigint, contact_id bigint, channel text, address text, state text, basis text,
     at timestamptz, wording text, imported_id bigint)
;;
CREATE TEMP TABLE IF NOT EXISTS undo_stop (id bigint PRIMARY KEY)
