-- Purpose: typed entries of the consent ledger, addresses as customers.consent.normalise_address holds them (postal:
--          the customer's code, or that of one merged into him). A refusal
--          without an address is the customer's whole word (address ''); an agreement without one is for his primary
--          contact's. An agreement stays out without its ground, where the import may not grant, and where the address
--          was refused before (in the data, or earlier in the file) - unless the ledger holds the very same entry.
-- One row per staged line that can be read; of equal entries the last counts.
-- Parameters: may_grant, declared_basis, declared_at, declared_wording (for agreements that say nothing themselves).
-- Reads: import_staged, import_codes, customers_customer, customers_contact, customers_consent, customers_suppression,
-- customers_import.
-- Writes: import_ready_consents.
INSERT INTO import_ready_consents
    (line, reject, field, is_last, code, channel, address, state, at, source, wording, basis)
SELECT given.line,
    coalesce(given.code_reject, CASE
        WHEN length(given.address) > 254 THEN 'too_long'
        WHEN given.channel = 'mail' AND given.address !~ '^([^@ ]+@[^@ ]+)?$' THEN 'bad_email'
        WHEN given.channel = 'phone' AND given.address !~ '^([+]?[0-9]{6,15})?$' THEN 'bad_phone'
        WHEN given.state = 'granted' AND NOT given.is_known THEN CASE
            WHEN NOT %(may_grant)s THEN 'grant_needs_admin'
            WHEN given.at IS NULL OR given.source = '' OR (given.basis = 'consent' AND given.wording = '') THEN 'grant_without_ground'
            WHEN given.address = '' THEN 'no_address'
        END
    END),
    CASE WHEN given.code_reject IS NOT NULL THEN 'customer_id' ELSE 'address' END,
    false, given.customer_id, given.channel, given.address, given.state, given.at,
    CASE WHEN given.source = '' THEN 'import' ELSE given.source END, given.wording, given.basis
FROM (
    SELECT typed.*, EXISTS (
        SELECT FROM customers_consent AS entry
        WHERE entry.channel = typed.channel AND entry.address = typed.address AND entry.customer_id = typed.owner_id
          AND entry.state = typed.state AND entry.source = typed.source
          AND date_trunc('second', entry.at) = date_trunc('second', typed.at)
          AND NOT EXISTS (SELECT FROM customers_import AS gone WHERE gone.id = entry.imported_id AND gone.state = 'undone')
    ) AS is_known
    FROM (
        SELECT staged.line, staged.customer_id, staged.channel, staged.state, codes.customer_id AS owner_id,
            codes.reject AS code_reject,
            CASE staged.channel
                WHEN 'mail' THEN coalesce(lower(staged.address), CASE staged.state WHEN 'granted' THEN lower(lead.email) END, '')
                WHEN 'phone' THEN coalesce(
                    CASE WHEN staged.address LIKE '+%%' THEN '+' ELSE '' END || regexp_replace(staged.address, '[-+() .]', '', 'g'),
                    CASE staged.state WHEN 'granted' THEN lead.phone END, ''
                )
                ELSE coalesce(
                    (
                        SELECT put_in.code FROM customers_customer AS put_in
                        WHERE put_in.code = staged.address AND put_in.merged_into_id = codes.customer_id
                    ),
                    customer.code, staged.customer_id
                )
            END AS address,
            coalesce(staged.at::timestamptz, CASE staged.state WHEN 'granted' THEN %(declared_at)s::timestamptz END) AS at,
            coalesce(staged.source, CASE WHEN staged.state = 'granted' AND %(declared_basis)s::text IS NOT NULL THEN 'declaration' END, '') AS source,
            coalesce(staged.wording, CASE staged.state WHEN 'granted' THEN %(declared_wording)s::text END, '') AS wording,
            CASE staged.state WHEN 'granted' THEN coalesce(staged.basis, %(declared_basis)s::text, 'consent') ELSE '' END AS basis
        FROM import_staged AS staged
        JOIN import_codes AS codes ON codes.code = staged.customer_id
        LEFT JOIN customers_customer AS customer ON customer.id = codes.customer_id
        LEFT JOIN customers_contact AS lead ON lead.customer_id = codes.customer_id AND lead.is_primary
        WHERE staged.code IS NULL
    ) AS typed
) AS given
;;
UPDATE import_ready_consents AS ready
SET reject = 'refused_before', field = 'address'
FROM (
    SELECT whole.*, bool_or(whole.is_refusal) OVER earlier_of_address OR bool_or(whole.is_refusal AND whole.address = '') OVER earlier_of_customer AS is_refused
    FROM (
        SELECT mine.line, mine.channel, mine.address, mine.state, mine.at, mine.source, mine.code, codes.customer_id,
            mine.state = 'withdrawn' AS is_refusal
        FROM import_ready_consents AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS whole
    WINDOW earlier_of_address AS (PARTITION BY whole.channel, whole.address ORDER BY whole.line),
        earlier_of_customer AS (PARTITION BY whole.code, whole.channel ORDER BY whole.line)
) AS said
WHERE said.line = ready.line AND said.state = 'granted'
  AND (
    said.is_refused
    OR EXISTS (
        SELECT FROM customers_suppression AS stop
        WHERE stop.channel = said.channel AND stop.address = said.address AND stop.lifted_at IS NULL
    )
    OR EXISTS (
        SELECT FROM customers_consent AS refusal
        WHERE refusal.customer_id = said.customer_id AND refusal.channel = said.channel AND refusal.address = '' AND refusal.state = 'withdrawn'
          AND NOT EXISTS (SELECT FROM customers_import AS gone WHERE (gone.id = refusal.imported_id OR refusal.source = 'import ' || gone.id) AND gone.state = 'undone')
          AND NOT EXISTS (
            SELECT FROM customers_consent AS later
            WHERE later.channel = said.channel AND later.address = said.address AND later.id > refusal.id
          )
    )
  )
  AND NOT EXISTS (
    SELECT FROM customers_consent AS entry
    WHERE entry.channel = said.channel AND entry.address = said.address AND entry.customer_id = said.customer_id
      AND entry.state = said.state AND entry.source = said.source AND date_trunc('second', entry.at) = date_trunc('second', said.at)
      AND NOT EXISTS (SELECT FROM customers_import AS gone WHERE gone.id = entry.imported_id AND gone.state = 'undone')
  )
;;
UPDATE import_ready_consents AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (
        coalesce('id' || codes.customer_id, 'code' || mine.code), mine.channel, mine.address, mine.state,
        date_trunc('second', mine.at), CASE WHEN mine.at IS NOT NULL THEN mine.source END
    ) mine.line
    FROM import_ready_consents AS mine
    JOIN import_codes AS codes ON codes.code = mine.code
    WHERE mine.reject IS NULL
    ORDER BY coalesce('id' || codes.customer_id, 'code' || mine.code), mine.channel, mine.address, mine.state,
        date_trunc('second', mine.at), CASE WHEN mine.at IS NOT NULL THEN mine.source END, mine.line DESC
) AS last_one
WHERE last_one.line = ready.line
