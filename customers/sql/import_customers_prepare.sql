-- Purpose: typed customers under the code they have with us (a merged one's is that of the customer it was put into; one
--          of another system's, where ours is another). Of rows of the same customer only the last one that can stand
--          counts, those under his own code before others; but a refusal in any of them holds.
-- One row per staged line that can be read. Parameters: source (another system whose codes the file has; NULL: none).
-- Reads: import_staged, import_codes, import_owners, customers_customer, customers_customercode.
-- Writes: import_ready_customers.
INSERT INTO import_ready_customers
    (line, reject, field, is_last, code, name, kana, kind, company, email, other_emails, phone, postal_code, address,
     industry, region, owner, joined_on, birth_on, tags, mail_ok, postal_ok, phone_ok, acquired_via, attributes,
     corporate_number, parent, sales_owner, deputy, contact_name)
SELECT judged.line, judged.reject, judged.field,
    judged.reject IS NULL AND row_number() OVER (
        PARTITION BY judged.own_code, judged.reject IS NULL ORDER BY judged.own_code <> judged.customer_id, judged.line DESC
    ) = 1,
    judged.own_code, judged.name, judged.kana, judged.kind, judged.company, judged.email, judged.other_emails,
    judged.phone, judged.postal_code, judged.address, judged.industry, judged.region, judged.owner,
    judged.joined_on::date, judged.birth_on::date, string_to_array(judged.tags, E'\x1f'),
    bool_and(judged.mail_ok::boolean) OVER same, bool_and(judged.postal_ok::boolean) OVER same,
    bool_and(judged.phone_ok::boolean) OVER same, judged.acquired_via, judged.attributes::jsonb,
    judged.corporate_number, judged.parent, judged.sales_owner, judged.deputy, judged.contact_name
FROM (
    SELECT staged.*, coalesce(named.own_code, staged.customer_id) AS own_code,
        coalesce(codes.reject, owners.reject, sellers.reject, deputies.reject) AS reject,
        CASE
            WHEN codes.reject IS NOT NULL THEN 'customer_id'
            WHEN owners.reject IS NOT NULL THEN 'owner'
            WHEN sellers.reject IS NOT NULL THEN 'sales_owner'
            WHEN deputies.reject IS NOT NULL THEN 'deputy'
        END AS field
    FROM import_staged AS staged
    JOIN import_codes AS codes ON codes.code = staged.customer_id
    LEFT JOIN import_owners AS owners ON owners.owner = staged.owner
    LEFT JOIN import_owners AS sellers ON sellers.owner = staged.sales_owner
    LEFT JOIN import_owners AS deputies ON deputies.owner = staged.deputy
    LEFT JOIN (
        SELECT other.code, own.code AS own_code
        FROM import_codes AS other
        JOIN customers_customer AS own ON own.id = other.customer_id
        WHERE own.code <> other.code AND other.code IN (
            SELECT loser.code FROM customers_customer AS loser WHERE loser.merged_into_id IS NOT NULL
            UNION
            SELECT further.code FROM customers_customercode AS further
        )
        UNION ALL
        SELECT other.code, %(source)s || ':' || other.code
        FROM import_codes AS other
        JOIN customers_customer AS taken ON taken.code = other.code
        WHERE other.customer_id IS NULL AND other.reject IS NULL AND %(source)s::text IS NOT NULL
    ) AS named ON named.code = staged.customer_id
    WHERE staged.code IS NULL
) AS judged
WINDOW same AS (PARTITION BY judged.own_code, judged.reject IS NULL)
