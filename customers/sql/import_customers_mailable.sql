-- Purpose: the addresses a declared ground would open: those of the file's customers (new ones, and all that stand
--          with known ones) that nobody refused, in the file or before, and that may not be mailed yet.
-- One row: mailable (distinct addresses). Parameters: none.
-- Reads: import_ready_customers, customers_customer, customers_contact, customers_suppression, customers_consent.
-- Writes: nothing.
WITH willing AS (
    SELECT ready.code, ready.email, ready.other_emails FROM import_ready_customers AS ready
    WHERE ready.is_last AND ready.reject IS NULL AND ready.mail_ok IS NOT FALSE
), addresses AS (
    SELECT willing.email AS address FROM willing WHERE willing.email <> ''
    UNION
    SELECT further.address FROM willing, unnest(string_to_array(willing.other_emails, ' ')) AS further (address)
    WHERE further.address <> ''
    UNION
    SELECT contact.email FROM willing
    JOIN customers_customer AS stored ON stored.code = willing.code
    JOIN customers_contact AS contact ON contact.customer_id = stored.id
    WHERE contact.email <> ''
)
SELECT count(*) AS mailable
FROM addresses
LEFT JOIN LATERAL (
    SELECT entry.state FROM customers_consent AS entry
    WHERE entry.channel = 'mail' AND entry.address = addresses.address
    ORDER BY entry.id DESC LIMIT 1
) AS last ON true
WHERE last.state IS DISTINCT FROM 'granted' AND NOT EXISTS (
    SELECT FROM customers_suppression AS stop
    WHERE stop.channel = 'mail' AND stop.address = addresses.address AND stop.lifted_at IS NULL
)
