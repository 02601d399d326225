-- Purpose: customers for the unknown codes of a chunk of purchases, logins or contracts (--create-customers).
-- One row per code. Parameters: codes, now, import_id. Reads: import_codes.
-- Writes: customers_customer, import_codes.
INSERT INTO customers_customer
    (code, kind, name, kana, sort_key, search_text, company, postal_code, address, industry, region, acquired_via,
     tags, attributes, version, created_at, updated_at, imported_id)
SELECT mine.code, 'company', mine.code, '', lower(mine.code), lower(mine.code), '', '', '', '', '', '',
    '{}', '{}', 1, %(now)s, %(now)s, %(import_id)s
FROM import_codes AS mine
WHERE mine.code = ANY (%(codes)s) AND mine.customer_id IS NULL AND mine.reject IS NULL
ORDER BY mine.first_line
ON CONFLICT (code) DO NOTHING
;;
UPDATE import_codes AS mine SET customer_id = made.id
FROM customers_customer AS made
WHERE made.code = mine.code AND mine.code = ANY (%(codes)s) AND mine.customer_id IS NULL AND mine.reject IS NULL
