-- Purpose: typed contacts. A number belongs to the customer who has it, else to the one of its first line. Of rows that
--          name one contact (the number, the same address and name, or the same in everything) the last counts.
--          is_primary becomes: true in the last row of a customer that says so; false in his first row where no row
--          says so (he becomes primary only where there is none); empty in all others.
-- One row per staged line that can be read. Reads: import_staged, import_codes, customers_contact.
-- Writes: import_ready_contacts.
INSERT INTO import_ready_contacts
    (line, reject, field, is_last, code, contact_code, name, kana, department, title, email, phone, role, is_primary, left_on)
SELECT judged.line, judged.reject,
    CASE
        WHEN judged.reject IN ('taken_id', 'unknown_contact') THEN 'contact_id'
        WHEN judged.reject = 'several_addresses' THEN 'email'
        WHEN judged.reject = 'no_contact' THEN 'name'
        WHEN judged.reject IS NOT NULL THEN 'customer_id'
    END,
    false, judged.customer_id, judged.contact_id, judged.name, judged.kana, judged.department, judged.title, judged.email,
    judged.phone, judged.role, judged.is_primary::boolean, judged.left_on::date
FROM (
    SELECT staged.*, coalesce(codes.reject, CASE
        WHEN strpos(staged.email, ' ') > 0 THEN 'several_addresses'
        WHEN num_nonnulls(staged.contact_id, staged.email, staged.name, staged.phone, staged.department) = 0 THEN 'no_contact'
        WHEN staged.contact_id LIKE '#%%' AND own.id IS NULL THEN 'unknown_contact'
        WHEN known.customer_id <> codes.customer_id OR (known.id IS NOT NULL AND codes.customer_id IS NULL) THEN 'taken_id'
    END) AS reject
    FROM import_staged AS staged
    JOIN import_codes AS codes ON codes.code = staged.customer_id
    LEFT JOIN customers_contact AS known ON known.code = staged.contact_id AND known.code <> ''
    LEFT JOIN customers_contact AS own
        ON own.id = CASE WHEN staged.contact_id ~ '^#[0-9]{1,18}$' THEN substr(staged.contact_id, 2)::bigint END
       AND own.customer_id = codes.customer_id
    WHERE staged.code IS NULL
) AS judged
;;
UPDATE import_ready_contacts AS ready
SET reject = 'taken_id', field = 'contact_id'
FROM (
    SELECT DISTINCT ON (mine.contact_code) mine.contact_code, coalesce('id' || codes.customer_id, 'code' || mine.code) AS who
    FROM import_ready_contacts AS mine
    JOIN import_codes AS codes ON codes.code = mine.code
    WHERE mine.reject IS NULL AND mine.contact_code IS NOT NULL
    ORDER BY mine.contact_code, mine.line
) AS holder, import_codes AS codes
WHERE holder.contact_code = ready.contact_code AND codes.code = ready.code AND ready.reject IS NULL
  AND holder.who <> coalesce('id' || codes.customer_id, 'code' || ready.code)
;;
UPDATE import_ready_contacts AS ready
SET is_last = true, is_primary = CASE WHEN led.place = 1 THEN led.is_said END
FROM (
    SELECT last_ones.line, last_ones.is_said, row_number() OVER (
        PARTITION BY last_ones.who
        ORDER BY last_ones.is_said DESC, CASE WHEN last_ones.is_said THEN -last_ones.line END, last_ones.has_left, last_ones.line
    ) AS place
    FROM (
        SELECT mine.line, coalesce(mine.is_primary, false) AS is_said, mine.left_on IS NOT NULL AS has_left,
            coalesce('id' || codes.customer_id, 'code' || mine.code) AS who,
            row_number() OVER (
                PARTITION BY coalesce('id' || codes.customer_id, 'code' || mine.code), CASE
                    WHEN mine.contact_code IS NOT NULL THEN E'id\x1f' || mine.contact_code
                    WHEN mine.email IS NOT NULL THEN concat(E'mail\x1f', mine.email, E'\x1f', replace(mine.name, ' ', ''))
                    ELSE concat_ws(
                        E'\x1f', 'all', coalesce(mine.name, ''), coalesce(mine.kana, ''), coalesce(mine.phone, ''),
                        coalesce(mine.department, ''), coalesce(mine.title, ''), coalesce(mine.role, ''), mine.left_on
                    )
                END
                ORDER BY mine.line DESC
            ) AS from_last
        FROM import_ready_contacts AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS last_ones
    WHERE last_ones.from_last = 1
) AS led
WHERE led.line = ready.line
;;
CREATE INDEX IF NOT EXISTS import_ready_contacts_by_code ON import_ready_contacts (code)
