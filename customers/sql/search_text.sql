-- Purpose: what search and order of lists rest on, from the customer, its contacts and those merged into it, in
--          the form of customers.searching.search_form and sort_form (a test holds them equal).
-- One row per customer given whose texts change. Parameters: ids. Reads: customers_contact. Writes: customers_customer.
UPDATE customers_customer AS customer
SET sort_key = found.sort_key, search_text = found.search_text
FROM (
    SELECT one.id, customers_sort_form(coalesce(nullif(one.kana, ''), one.name)) AS sort_key,
        customers_search_form(concat_ws(
            '|', one.code, one.name, nullif(one.kana, ''), nullif(one.company, ''), (
                SELECT string_agg(concat_ws(
                    '|', nullif(contact.name, ''), nullif(contact.kana, ''), nullif(contact.email, ''), nullif(contact.phone, '')
                ), '|' ORDER BY contact.is_primary DESC, contact.id)
                FROM customers_contact AS contact WHERE contact.customer_id = one.id
            ), (
                SELECT string_agg(concat_ws('|', merged.code, merged.name, nullif(merged.kana, '')), '|' ORDER BY merged.id)
                FROM customers_customer AS merged WHERE merged.merged_into_id = one.id
            )
        )) AS search_text
    FROM customers_customer AS one WHERE one.id = ANY (%(ids)s)
) AS found
WHERE found.id = customer.id
  AND (customer.sort_key, customer.search_text) IS DISTINCT FROM (found.sort_key, found.search_text)
