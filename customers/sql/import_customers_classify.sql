-- Purpose: the customers of a chunk that are new or changed in anything (themselves, their primary contact, further
--          addresses, refusals), with the values that will stand. An empty cell keeps what is stored, unless asked.
--          Without a kind, a legal form in the name makes a company; a header of people's names, an employer or a
--          birthday a person.
-- One row per such line. Parameters: after, upto (lines), clear (an empty cell clears), filled (columns of the
--          file), people (its header speaks of people's names).
-- Reads: import_ready_customers, import_owners, customers_customer, customers_contact, customers_suppression,
-- customers_consent.
-- Writes: import_chunk_customers.
INSERT INTO import_chunk_customers
    (line, customer_id, contact_id, is_new, code, name, kana, kind, company, email, other_emails, phone, postal_code,
     address, industry, region, owner_id, joined_on, birth_on, tags, acquired_via, attributes, needs_contact, mail_no,
     postal_no, phone_no, corporate_number, parent_id, sales_owner_id, deputy_id, contact_name)
SELECT judged.line, judged.customer_id, judged.contact_id, judged.customer_id IS NULL, judged.code, judged.name,
    judged.kana, judged.kind, judged.company, judged.email, judged.other_emails, judged.phone, judged.postal_code,
    judged.address, judged.industry, judged.region, judged.owner_id, judged.joined_on, judged.birth_on, judged.tags,
    judged.acquired_via, judged.attributes, judged.needs_contact, judged.mail_no, judged.postal_no, judged.phone_no,
    judged.corporate_number, judged.parent_id, judged.sales_owner_id, judged.deputy_id, judged.contact_name
FROM (
    SELECT standing.*,
        standing.kind = 'person' OR standing.email <> '' OR standing.phone <> '' OR standing.said_name <> '' AS needs_contact,
        CASE
            WHEN standing.kind = 'company' THEN standing.said_name
            WHEN replace(standing.said_name, ' ', '') <> replace(standing.name, ' ', '') THEN nullif(standing.further_name, '')
        END AS contact_name,
        standing.mail_ok IS FALSE AND CASE
            WHEN standing.email = '' AND standing.other_emails IS NULL THEN NOT EXISTS (
                SELECT FROM customers_consent AS refusal
                WHERE refusal.customer_id = standing.customer_id AND refusal.channel = 'mail' AND refusal.address = ''
                AND NOT EXISTS (SELECT FROM customers_import AS gone WHERE (gone.id = refusal.imported_id OR refusal.source = 'import ' || gone.id) AND gone.state = 'undone')
            )
            ELSE EXISTS (
                SELECT FROM unnest(array_append(string_to_array(standing.other_emails, ' '), nullif(standing.email, ''))) AS given (address)
                WHERE given.address IS NOT NULL AND NOT EXISTS (
                    SELECT FROM customers_suppression AS stop
                    WHERE stop.channel = 'mail' AND stop.address = given.address AND stop.reason = 'refused' AND stop.lifted_at IS NULL
                )
            )
        END AS mail_no,
        standing.postal_ok IS FALSE AND NOT EXISTS (
            SELECT FROM customers_suppression AS stop
            WHERE stop.channel = 'postal' AND stop.address = standing.code AND stop.reason = 'refused' AND stop.lifted_at IS NULL
        ) AS postal_no,
        standing.phone_ok IS FALSE AND CASE
            WHEN standing.phone = '' THEN NOT EXISTS (
                SELECT FROM customers_consent AS refusal
                WHERE refusal.customer_id = standing.customer_id AND refusal.channel = 'phone' AND refusal.address = ''
                AND NOT EXISTS (SELECT FROM customers_import AS gone WHERE (gone.id = refusal.imported_id OR refusal.source = 'import ' || gone.id) AND gone.state = 'undone')
            )
            ELSE NOT EXISTS (
                SELECT FROM customers_suppression AS stop
                WHERE stop.channel = 'phone' AND stop.address = standing.phone AND stop.reason = 'refused' AND stop.lifted_at IS NULL
            )
        END AS phone_no
    FROM (
        SELECT ready.line, stored.id AS customer_id, contact.id AS contact_id, ready.code, ready.name,
            coalesce(
                ready.kind, stored.kind,
                CASE
                    WHEN ready.name ~ '株式会社|有限会社|合同会社|[(](株|有|同)[)]|法人' THEN 'company'
                    WHEN %(people)s OR ready.company IS NOT NULL OR ready.birth_on IS NOT NULL THEN 'person'
                    ELSE 'company'
                END
            ) AS kind,
            coalesce(ready.kana, CASE WHEN NOT (%(clear)s AND 'kana' = ANY (%(filled)s)) THEN stored.kana END, '') AS kana,
            coalesce(ready.company, CASE WHEN NOT (%(clear)s AND 'company' = ANY (%(filled)s)) THEN stored.company END, '') AS company,
            coalesce(ready.postal_code, CASE WHEN NOT (%(clear)s AND 'postal_code' = ANY (%(filled)s)) THEN stored.postal_code END, '') AS postal_code,
            coalesce(ready.address, CASE WHEN NOT (%(clear)s AND 'address' = ANY (%(filled)s)) THEN stored.address END, '') AS address,
            coalesce(ready.industry, CASE WHEN NOT (%(clear)s AND 'industry' = ANY (%(filled)s)) THEN stored.industry END, '') AS industry,
            coalesce(ready.region, CASE WHEN NOT (%(clear)s AND 'region' = ANY (%(filled)s)) THEN stored.region END, '') AS region,
            coalesce(ready.acquired_via, CASE WHEN NOT (%(clear)s AND 'acquired_via' = ANY (%(filled)s)) THEN stored.acquired_via END, '') AS acquired_via,
            coalesce(ready.email, CASE WHEN NOT (%(clear)s AND 'email' = ANY (%(filled)s)) THEN contact.email END, '') AS email,
            coalesce(ready.phone, CASE WHEN NOT (%(clear)s AND 'phone' = ANY (%(filled)s)) THEN contact.phone END, '') AS phone,
            ready.other_emails,
            coalesce(owners.user_id, CASE WHEN NOT (%(clear)s AND 'owner' = ANY (%(filled)s)) AND ready.owner IS NULL THEN stored.owner_id END) AS owner_id,
            ready.owner IS NOT NULL AND owners.user_id IS NULL AS is_owner_new,
            coalesce(ready.joined_on, CASE WHEN NOT (%(clear)s AND 'joined_on' = ANY (%(filled)s)) THEN stored.joined_on END) AS joined_on,
            coalesce(ready.birth_on, CASE WHEN NOT (%(clear)s AND 'birth_on' = ANY (%(filled)s)) THEN stored.birth_on END) AS birth_on,
            coalesce(ready.tags, CASE WHEN NOT (%(clear)s AND 'tags' = ANY (%(filled)s)) THEN stored.tags END, '{}')::varchar[] AS tags,
            coalesce(ready.corporate_number, CASE WHEN NOT (%(clear)s AND 'corporate_number' = ANY (%(filled)s)) THEN stored.corporate_number END, '') AS corporate_number,
            coalesce(
                (SELECT coalesce(head.merged_into_id, head.id) FROM customers_customer AS head WHERE head.code = ready.parent),
                CASE WHEN NOT (%(clear)s AND 'parent' = ANY (%(filled)s)) OR ready.parent IS NOT NULL THEN stored.parent_id END
            ) AS parent_id,
            ready.parent IS NOT NULL AND NOT EXISTS (SELECT FROM customers_customer AS head WHERE head.code = ready.parent) AS is_parent_late,
            coalesce(sellers.user_id, CASE WHEN NOT (%(clear)s AND 'sales_owner' = ANY (%(filled)s)) AND ready.sales_owner IS NULL THEN stored.sales_owner_id END) AS sales_owner_id,
            coalesce(deputies.user_id, CASE WHEN NOT (%(clear)s AND 'deputy' = ANY (%(filled)s)) AND ready.deputy IS NULL THEN stored.deputy_id END) AS deputy_id,
            (ready.sales_owner IS NOT NULL AND sellers.user_id IS NULL) OR (ready.deputy IS NOT NULL AND deputies.user_id IS NULL) AS is_other_new,
            coalesce(ready.contact_name, CASE WHEN NOT (%(clear)s AND 'contact_name' = ANY (%(filled)s)) THEN contact.name END, '') AS said_name,
            ready.contact_name AS further_name,
            jsonb_strip_nulls(coalesce(stored.attributes, '{}') || coalesce(ready.attributes, '{}')) AS attributes,
            ready.mail_ok, ready.postal_ok, ready.phone_ok
        FROM import_ready_customers AS ready
        LEFT JOIN import_owners AS owners ON owners.owner = ready.owner
        LEFT JOIN import_owners AS sellers ON sellers.owner = ready.sales_owner
        LEFT JOIN import_owners AS deputies ON deputies.owner = ready.deputy
        LEFT JOIN customers_customer AS stored ON stored.code = ready.code
        LEFT JOIN customers_contact AS contact ON contact.customer_id = stored.id AND contact.is_primary
        WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
    ) AS standing
) AS judged
LEFT JOIN customers_customer AS stored ON stored.id = judged.customer_id
LEFT JOIN customers_contact AS contact ON contact.id = judged.contact_id
WHERE judged.customer_id IS NULL OR judged.is_owner_new OR judged.is_other_new OR judged.is_parent_late OR judged.mail_no OR judged.postal_no OR judged.phone_no
   OR (stored.name, stored.kana, stored.kind, stored.company, stored.postal_code, stored.address, stored.industry,
       stored.region, stored.owner_id, stored.joined_on, stored.birth_on, stored.acquired_via, stored.tags, stored.attributes,
       stored.corporate_number, stored.parent_id, stored.sales_owner_id, stored.deputy_id)
    IS DISTINCT FROM (judged.name, judged.kana, judged.kind, judged.company, judged.postal_code, judged.address,
       judged.industry, judged.region, judged.owner_id, judged.joined_on, judged.birth_on, judged.acquired_via,
       judged.tags, judged.attributes, judged.corporate_number, judged.parent_id, judged.sales_owner_id, judged.deputy_id)
   OR (judged.needs_contact AND contact.id IS NULL)
   OR (contact.id IS NOT NULL AND (contact.email, contact.phone) IS DISTINCT FROM (judged.email, judged.phone))
   OR (contact.id IS NOT NULL AND judged.kind = 'company' AND contact.name <> judged.contact_name)
   OR (judged.kind = 'person' AND judged.contact_name IS NOT NULL AND NOT EXISTS (
        SELECT FROM customers_contact AS other
        WHERE other.customer_id = judged.customer_id AND replace(other.name, ' ', '') = replace(judged.contact_name, ' ', '')
   ))
   OR EXISTS (
        SELECT FROM unnest(string_to_array(judged.other_emails, ' ')) AS given (address)
        WHERE NOT EXISTS (
            SELECT FROM customers_contact AS other
            WHERE other.customer_id = judged.customer_id AND other.email = given.address
        )
   )
