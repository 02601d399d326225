-- Purpose: typed customers; of rows with the same code only the last one that can stand counts, but a refusal in any
--          of them holds.
-- One row per staged line that can be read. Reads: import_staged, import_codes, import_owners.
-- Writes: import_ready_customers.
INSERT INTO import_ready_customers
    (line, reject, field, is_last, code, name, kana, kind, company, email, other_emails, phone, postal_code, address,
     industry, region, owner, joined_on, birth_on, tags, mail_ok, postal_ok, phone_ok, acquired_via, attributes)
SELECT staged.line, coalesce(codes.reject, owners.reject),
    CASE WHEN codes.reject IS NOT NULL THEN 'customer_id' WHEN owners.reject IS NOT NULL THEN 'owner' END,
    coalesce(codes.reject, owners.reject) IS NULL AND row_number() OVER (
        PARTITION BY staged.customer_id, coalesce(codes.reject, owners.reject) IS NULL ORDER BY staged.line DESC
    ) = 1,
    staged.customer_id, staged.name, staged.kana, staged.kind, staged.company, staged.email, staged.other_emails,
    staged.phone, staged.postal_code, staged.address, staged.industry, staged.region, staged.owner,
    staged.joined_on::date, staged.birth_on::date, string_to_array(staged.tags, E'\x1f'),
    bool_and(staged.mail_ok::boolean) OVER same, bool_and(staged.postal_ok::boolean) OVER same,
    bool_and(staged.phone_ok::boolean) OVER same, staged.acquired_via, staged.attributes::jsonb
FROM import_staged AS staged
JOIN import_codes AS codes ON codes.code = staged.customer_id
LEFT JOIN import_owners AS owners ON owners.owner = staged.owner
WHERE staged.code IS NULL
WINDOW same AS (PARTITION BY staged.customer_id, coalesce(codes.reject, owners.reject) IS NULL)
