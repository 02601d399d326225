-- Purpose: the contacts of a chunk that are new or changed, with the values that will stand. All rows of the chunk's
--          customers are joined to their stored contacts, each to one at most, by what tells them best: the number,
--          address and name, address, the name where no address was known, name and phone, name and department, name,
--          phone, department; among equals the n-th of the file is the n-th stored. A row with a number takes over a
--          contact without one, but none that has another.
-- One row per such line. Parameters: after, upto (lines), clear (an empty cell clears), filled (columns of the file).
-- Reads: import_ready_contacts, import_codes, customers_contact, customers_customer.
-- Writes: import_chunk_contacts, import_contact_rows (of this transaction: which row is whom, who becomes primary).
DROP TABLE IF EXISTS import_contact_rows
;;
CREATE TEMP TABLE import_contact_rows ON COMMIT DROP AS
SELECT whole.line, whole.customer_id, whole.contact_code, whole.is_mine, whole.name, NULL::bigint AS row_id, false AS leads,
    ARRAY[
        whole.email || E'\x1f' || whole.name,
        whole.email,
        CASE WHEN whole.email IS NOT NULL THEN whole.name END,
        CASE WHEN whole.email IS NULL THEN whole.name || E'\x1f' || whole.phone END,
        CASE WHEN whole.email IS NULL THEN whole.name || E'\x1f' || whole.department END,
        CASE WHEN whole.email IS NULL THEN whole.name END,
        CASE WHEN whole.email IS NULL AND whole.name IS NULL THEN whole.phone END,
        CASE WHEN whole.email IS NULL AND whole.name IS NULL AND whole.phone IS NULL THEN whole.department END
    ] AS keys
FROM (
    SELECT ready.line, codes.customer_id, ready.contact_code, ready.line > %(after)s AND ready.line <= %(upto)s AS is_mine,
        ready.email, replace(ready.name, ' ', '') AS name, ready.phone, ready.department
    FROM import_ready_contacts AS ready
    JOIN import_codes AS codes ON codes.code = ready.code
    WHERE ready.is_last AND ready.code IN (
        SELECT mine.code FROM import_ready_contacts AS mine
        WHERE mine.line > %(after)s AND mine.line <= %(upto)s AND mine.is_last
    )
) AS whole
;;
ANALYZE import_contact_rows
;;
DROP TABLE IF EXISTS import_contact_stored
;;
CREATE TEMP TABLE import_contact_stored ON COMMIT DROP AS
SELECT stored.id, stored.customer_id, stored.code, ARRAY[
        stored.email || E'\x1f' || stored.name,
        stored.email,
        CASE WHEN stored.email IS NULL THEN stored.name END,
        stored.name || E'\x1f' || stored.phone,
        stored.name || E'\x1f' || stored.department,
        stored.name,
        stored.phone,
        CASE WHEN stored.name IS NULL THEN stored.department END
    ] AS keys
FROM (
    SELECT contact.id, contact.customer_id, contact.code, nullif(lower(contact.email), '') AS email,
        nullif(replace(contact.name, ' ', ''), '') AS name, nullif(contact.phone, '') AS phone,
        nullif(contact.department, '') AS department
    FROM customers_contact AS contact
    WHERE contact.customer_id IN (SELECT rows.customer_id FROM import_contact_rows AS rows)
) AS stored
;;
ANALYZE import_contact_stored
;;
UPDATE import_contact_rows AS mine SET row_id = stored.id
FROM import_contact_stored AS stored
WHERE mine.contact_code IS NOT NULL AND stored.customer_id = mine.customer_id
  AND mine.contact_code = CASE WHEN mine.contact_code LIKE '#%%' THEN '#' || stored.id ELSE stored.code END
;;
DO $match$
BEGIN
    FOR key IN 1..8 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM import_contact_stored);
        FOR numbered IN 0..1 LOOP
            CONTINUE WHEN NOT EXISTS (
                SELECT FROM import_contact_rows AS rows
                WHERE rows.row_id IS NULL AND rows.keys[key] IS NOT NULL AND (rows.contact_code IS NOT NULL) = (numbered = 1)
            );
            UPDATE import_contact_rows AS mine SET row_id = pair.id
            FROM (
                SELECT given.line, held.id
                FROM (
                    SELECT rows.line, rows.customer_id, rows.keys[key] AS text,
                        row_number() OVER (PARTITION BY rows.customer_id, rows.keys[key] ORDER BY rows.line) AS nth
                    FROM import_contact_rows AS rows
                    WHERE rows.row_id IS NULL AND rows.keys[key] IS NOT NULL AND (rows.contact_code IS NOT NULL) = (numbered = 1)
                ) AS given
                JOIN (
                    SELECT stored.id, stored.customer_id, stored.keys[key] AS text,
                        row_number() OVER (PARTITION BY stored.customer_id, stored.keys[key] ORDER BY stored.id) AS nth
                    FROM import_contact_stored AS stored
                    WHERE stored.keys[key] IS NOT NULL AND (numbered = 0 OR stored.code = '')
                      AND NOT EXISTS (SELECT FROM import_contact_rows AS taken WHERE taken.row_id = stored.id)
                ) AS held USING (customer_id, text, nth)
            ) AS pair
            WHERE pair.line = mine.line;
        END LOOP;
    END LOOP;
END
$match$
;;
UPDATE import_contact_rows AS mine SET leads = true
FROM (
    SELECT rows.line
    FROM import_contact_rows AS rows
    JOIN import_ready_contacts AS ready ON ready.line = rows.line
    LEFT JOIN customers_customer AS customer ON customer.id = rows.customer_id
    LEFT JOIN customers_contact AS lead ON lead.customer_id = rows.customer_id AND lead.is_primary
    WHERE rows.is_mine AND ready.is_primary IS NOT NULL AND CASE
        WHEN lead.id IS NULL THEN true
        WHEN lead.id = rows.row_id OR NOT ready.is_primary THEN false
        ELSE customer.kind <> 'person' OR coalesce(rows.name, replace(customer.name, ' ', '')) = replace(customer.name, ' ', '')
    END
) AS leader
WHERE leader.line = mine.line
;;
INSERT INTO import_chunk_contacts
    (line, row_id, customer_id, code, contact_code, name, kana, department, title, email, phone, role, is_primary, left_on)
SELECT standing.line, standing.row_id, standing.customer_id, standing.code, standing.contact_code, standing.name,
    standing.kana, standing.department, standing.title, standing.email, standing.phone, standing.role,
    standing.leads OR coalesce(stored.is_primary, false), standing.left_on
FROM (
    SELECT ready.line, rows.row_id, rows.customer_id, ready.code, rows.leads,
        coalesce(nullif(stored.code, ''), CASE WHEN ready.contact_code NOT LIKE '#%%' THEN ready.contact_code END, '') AS contact_code,
        coalesce(ready.name, CASE WHEN NOT (%(clear)s AND 'name' = ANY (%(filled)s)) THEN nullif(stored.name, '') END,
            CASE WHEN rows.leads AND customer.kind = 'person' THEN customer.name END, '') AS name,
        coalesce(ready.kana, CASE WHEN NOT (%(clear)s AND 'kana' = ANY (%(filled)s)) THEN nullif(stored.kana, '') END,
            CASE WHEN rows.leads AND customer.kind = 'person' THEN customer.kana END, '') AS kana,
        coalesce(ready.department, CASE WHEN NOT (%(clear)s AND 'department' = ANY (%(filled)s)) THEN stored.department END, '') AS department,
        coalesce(ready.title, CASE WHEN NOT (%(clear)s AND 'title' = ANY (%(filled)s)) THEN stored.title END, '') AS title,
        coalesce(ready.email, CASE WHEN NOT (%(clear)s AND 'email' = ANY (%(filled)s)) THEN stored.email END, '') AS email,
        coalesce(ready.phone, CASE WHEN NOT (%(clear)s AND 'phone' = ANY (%(filled)s)) THEN stored.phone END, '') AS phone,
        coalesce(ready.role, CASE WHEN NOT (%(clear)s AND 'role' = ANY (%(filled)s)) THEN stored.role END, '') AS role,
        coalesce(ready.left_on, CASE WHEN NOT (%(clear)s AND 'left_on' = ANY (%(filled)s)) THEN stored.left_on END) AS left_on
    FROM import_contact_rows AS rows
    JOIN import_ready_contacts AS ready ON ready.line = rows.line
    LEFT JOIN customers_contact AS stored ON stored.id = rows.row_id
    LEFT JOIN customers_customer AS customer ON customer.id = rows.customer_id
    WHERE rows.is_mine AND NOT EXISTS (
        SELECT FROM import_contact_rows AS later WHERE later.row_id = rows.row_id AND later.line > rows.line
    )
) AS standing
LEFT JOIN customers_contact AS stored ON stored.id = standing.row_id
WHERE stored.id IS NULL OR standing.leads
   OR (stored.code, stored.name, stored.kana, stored.department, stored.title, stored.email, stored.phone, stored.role, stored.left_on)
    IS DISTINCT FROM (standing.contact_code, standing.name, standing.kana, standing.department, standing.title,
       standing.email, standing.phone, standing.role, standing.left_on)
