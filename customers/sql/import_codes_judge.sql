-- Purpose: who the codes of a file are: known (a merged one is the customer it was put into; a further code of
--          another system counts where it is one customer's), to be made, or why not. A code that differs from a known
--          one (in the data, or earlier in the file) only by leading zeros or case is never a new customer. Where the
--          file speaks in the codes of another system, that system's codes come first, and a customer who has one of
--          them is not known by his own; whose code is taken so is made under another one, or not at all.
-- One row per distinct code. Parameters: create (may unknown ones be made), renames (may they get another code), source
--          (the other system; NULL: none).
-- Reads: customers_customer, customers_customercode. Writes: import_codes.
UPDATE import_codes AS mine SET reject = 'unknown_contract'
WHERE mine.code LIKE E'\x1f%%'
;;
UPDATE import_codes AS mine SET customer_id = coalesce(known.merged_into_id, known.id)
FROM customers_customercode AS other
JOIN customers_customer AS known ON known.id = other.customer_id
WHERE other.source = %(source)s::text AND other.code = mine.code
;;
UPDATE import_codes AS mine SET customer_id = coalesce(known.merged_into_id, known.id)
FROM customers_customer AS known
WHERE known.code = mine.code AND mine.customer_id IS NULL AND NOT EXISTS (
    SELECT FROM customers_customercode AS other WHERE other.source = %(source)s::text AND other.customer_id = known.id
)
;;
UPDATE import_codes AS mine SET customer_id = coalesce(known.merged_into_id, known.id)
FROM (
    SELECT code, min(customer_id) AS customer_id FROM customers_customercode
    WHERE %(source)s::text IS NULL
    GROUP BY code HAVING count(DISTINCT customer_id) = 1
) AS other
JOIN customers_customer AS known ON known.id = other.customer_id
WHERE other.code = mine.code AND mine.customer_id IS NULL AND mine.reject IS NULL
;;
UPDATE import_codes AS mine SET reject = 'similar_id'
FROM customers_customer AS known
WHERE mine.customer_id IS NULL AND mine.reject IS NULL AND ltrim(lower(known.code), '0') = mine.alike AND NOT EXISTS (
    SELECT FROM customers_customercode AS other WHERE other.source = %(source)s::text AND other.customer_id = known.id
)
;;
UPDATE import_codes AS mine SET reject = 'similar_id'
FROM customers_customercode AS other
WHERE mine.customer_id IS NULL AND mine.reject IS NULL AND other.source = %(source)s::text
  AND ltrim(lower(other.code), '0') = mine.alike
;;
UPDATE import_codes AS mine SET reject = 'unknown_customer'
WHERE mine.customer_id IS NULL AND mine.reject IS NULL AND NOT %(create)s
;;
UPDATE import_codes AS mine SET reject = 'unknown_customer'
FROM customers_customer AS taken
WHERE taken.code = mine.code AND mine.customer_id IS NULL AND mine.reject IS NULL AND NOT %(renames)s
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
