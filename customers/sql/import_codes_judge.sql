-- Purpose: who the codes of a file are: known, to be made, or why not. A code that differs from a known one (in the
--          data, or earlier in the file) only by leading zeros or case is never a new customer.
-- One row per distinct code. Parameters: create (may unknown ones be made).
-- Reads: customers_customer. Writes: import_codes.
UPDATE import_codes AS mine SET customer_id = known.id
FROM customers_customer AS known
WHERE known.code = mine.code
;;
UPDATE import_codes AS mine SET reject = 'similar_id'
FROM customers_customer AS known
WHERE mine.customer_id IS NULL AND ltrim(lower(known.code), '0') = mine.alike
;;
UPDATE import_codes AS mine SET reject = 'unknown_customer'
WHERE mine.customer_id IS NULL AND mine.reject IS NULL AND NOT %(create)s
;;
UPDATE import_codes AS mine SET reject = 'similar_id'
FROM (
    SELECT alike, min(first_line) AS first_line FROM import_codes
    WHERE customer_id IS NULL AND reject IS NULL
    GROUP BY alike
    HAVING count(*) > 1
) AS first_seen
WHERE mine.customer_id IS NULL AND mine.reject IS NULL
  AND mine.alike = first_seen.alike AND mine.first_line > first_seen.first_line
