-- Purpose: who the contacts are that rows name: a contact of the row's customer by code, by the number we keep him
--          under (#n), by e-mail, else by name (spaces and 様 don't count).
-- One row per staged line that names one: `contact` becomes his number, or ? and why there is none.
-- Reads: import_codes, customers_contact. Writes: import_staged.
ANALYZE import_staged (customer_id, contact_id)
;;
WITH named AS (
    SELECT DISTINCT codes.customer_id, staged.contact_id AS text
    FROM import_staged AS staged
    JOIN import_codes AS codes ON codes.code = staged.customer_id
    WHERE staged.contact_id IS NOT NULL AND staged.code IS NULL
), found AS (
    SELECT named.customer_id, named.text, contact.id,
        CASE
            WHEN contact.code = named.text THEN 1
            WHEN '#' || contact.id = named.text THEN 2
            WHEN contact.email = lower(named.text) THEN 3
            WHEN replace(normalize(contact.name, NFKC), ' ', '') = replace(regexp_replace(named.text, ' ?(様|さん)$', ''), ' ', '') THEN 4
        END AS rank
    FROM named
    JOIN customers_contact AS contact ON contact.customer_id = named.customer_id
), best AS (
    SELECT DISTINCT ON (customer_id, text) customer_id, text, count(*) AS people, min(id) AS id
    FROM found
    WHERE rank IS NOT NULL
    GROUP BY customer_id, text, rank
    ORDER BY customer_id, text, rank
)
UPDATE import_staged AS staged
SET contact = CASE WHEN best.people = 1 THEN best.id::text WHEN best.people > 1 THEN '?ambiguous_contact' ELSE '?unknown_contact' END
FROM import_codes AS codes, named
LEFT JOIN best ON best.customer_id = named.customer_id AND best.text = named.text
WHERE codes.code = staged.customer_id AND staged.code IS NULL
  AND named.customer_id IS NOT DISTINCT FROM codes.customer_id AND named.text = staged.contact_id
