-- Purpose: who the codes of a file are: known (a merged one is the customer it was put into; a further code of
--          another system counts where it is one customer's), to be made, or why not. A code that differs from a known one (in the
--          data, or earlier in the file) only by leading zeros or case is never a new customer.
-- One row per distinct code. Parameters: create (may unknown ones be made).
-- Reads: customers_customer, customers_customercode. Writes: import_codes.
UPDATE import_codes AS mine SET reject = 'unknown_contract'
WHERE mine.code LIKE E'\x1f%%'
;;
UPDATE import_codes AS mine SET customer_id = coalesce(known.merged_into_id, known.id)
FROM customers_customer AS known
WHERE known.code = mine.code
;;
UPDATE import_codes AS mine SET customer_id = coalesce(known.merged_into_id, known.id)
FROM (
    SELECT code, min(customer_id) AS customer_id FROM customers_customercode GROUP BY code HAVING count(DISTINCT customer_id) = 1
) AS other
JOIN customers_customer AS known ON known.id = other.customer_id
WHERE other.code = mine.code AND mine.customer_id IS NULL AND mine.reject IS NULL
;;
UPDATE import_codes AS mine SET reject = 'similar_id'
FROM customers_customer AS known
WHERE mine.customer_id IS NULL AND mine.reject IS NULL AND ltrim(lower(known.code), '0') = mine.alike
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
