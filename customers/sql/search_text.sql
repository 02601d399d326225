-- Purpose: what search and order of lists rest on, from the customer and its contacts, in the form of
--          customers.searching.search_form and sort_form (a test holds them equal).
-- One row per customer given. Parameters: ids. Reads: customers_contact. Writes: customers_customer.
UPDATE customers_customer AS customer
SET sort_key = left(translate(
        btrim(regexp_replace(
            regexp_replace(lower(normalize(coalesce(nullif(customer.kana, ''), customer.name), NFKC)), %(legal_forms)s, '', 'g'),
            %(legal_kana)s, ''
        )),
        %(kana)s, %(sorted_as)s
    ), 200),
    search_text = found.search_text
FROM (
    SELECT whole.id,
        regexp_replace(
            regexp_replace(
                translate(translate(lower(normalize(whole.words, NFKC)), %(hiragana)s, %(katakana)s), %(glyphs)s, %(plain_glyphs)s),
                %(legal_forms)s, '', 'g'
            ),
            %(not_letters)s, '', 'g'
        ) AS search_text
    FROM (
        SELECT one.id, concat_ws('|', one.code, one.name, nullif(one.kana, ''), nullif(one.company, ''), (
            SELECT string_agg(concat_ws(
                '|', nullif(contact.name, ''), nullif(contact.kana, ''), nullif(contact.email, ''), nullif(contact.phone, '')
            ), '|' ORDER BY contact.is_primary DESC, contact.id)
            FROM customers_contact AS contact WHERE contact.customer_id = one.id
        )) AS words
        FROM customers_customer AS one WHERE one.id = ANY (%(ids)s)
    ) AS whole
) AS found
WHERE found.id = customer.id
