-- Purpose: by what each customer may meet its double: hashes of phones, e-mails, 法人番号, the house (by postal code and
--          numbers, or by the address alone), a company's name, a name with birthday or postal code.
--          Kinds: 0 e-mail, 1 mobile phone, 2 other phone, 3 法人番号, 4 house, 5 name (companies), 6 name and birthday,
--          7 kana and birthday, 8 name and postal code, 9 kana and postal code.
-- One row per customer and key; replaces those of temp duplicate_forms, and of customers who are no longer current.
-- Parameters: ids (null: everybody). Reads: temp duplicate_forms, customers_contact. Writes: customers_matchkey.
DELETE FROM customers_matchkey WHERE customer_id = ANY (%(ids)s::bigint[])
;;
INSERT INTO customers_matchkey (key, kind, customer_id)
SELECT hashtextextended(said.kind || ':' || said.word, 0), said.kind, said.customer_id
FROM (
    SELECT DISTINCT 0 AS kind, lower(btrim(normalize(contact.email, NFKC))) AS word, contact.customer_id
    FROM customers_contact AS contact JOIN duplicate_forms AS mine ON mine.id = contact.customer_id
    WHERE contact.email <> ''
    UNION ALL
    SELECT DISTINCT CASE WHEN phone.digits ~ '^0[789]0' THEN 1 ELSE 2 END, phone.digits, contact.customer_id
    FROM customers_contact AS contact JOIN duplicate_forms AS mine ON mine.id = contact.customer_id
    CROSS JOIN LATERAL (SELECT regexp_replace(contact.phone, '^\+81', '0') AS digits) AS phone
    WHERE contact.phone <> ''
    UNION ALL
    SELECT key.kind, key.word, mine.id
    FROM duplicate_forms AS mine
    CROSS JOIN LATERAL (VALUES
        (3, mine.corporate_number),
        (4, nullif(mine.postal_code, '') || nullif(mine.numbers, '')),
        (4, CASE WHEN length(mine.place) > 6 THEN mine.place END),
        (5, CASE WHEN mine.kind = 'company' THEN mine.name_form END),
        (6, mine.name_form || mine.birth_on),
        (7, nullif(mine.kana_form, '') || mine.birth_on),
        (8, nullif(mine.name_form, '') || nullif(mine.postal_code, '')),
        (9, nullif(mine.kana_form, '') || nullif(mine.postal_code, ''))
    ) AS key (kind, word)
    WHERE key.word <> ''
) AS said
