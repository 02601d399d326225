-- Purpose: typed terms: MRR from itself or from amount and billing cycle, the first day without service, the last row
--          of a key (contract, start), and what cannot stand. A contract belongs to the customer it has, else to the
--          one of its first line.
-- One row per staged line that can be read. Reads: import_staged, import_codes, customers_contract, customers_customer.
-- Writes: import_ready_contracts.
INSERT INTO import_ready_contracts
    (line, code, contract_id, plan, mrr, billing_cycle, starts_on, renews_on, cancelled_on, ends_on, is_trial,
     auto_renew, notice_days, seats, reason, competitor, paused_from, paused_to, is_last, reject, field)
SELECT staged.line, staged.customer_id, staged.contract_id, staged.plan,
    round(coalesce(
        staged.mrr::numeric,
        CASE staged.billing_cycle WHEN 'monthly' THEN staged.amount::numeric WHEN 'yearly' THEN staged.amount::numeric / 12 END
    ), 2),
    staged.billing_cycle, staged.starts_on::date, staged.renews_on::date, staged.cancelled_on::date,
    coalesce(staged.ends_on::date, staged.last_service_on::date + 1), staged.is_trial::boolean,
    staged.auto_renew::boolean, staged.notice_days::integer, staged.seats::integer, staged.reason, staged.competitor,
    staged.paused_from::date, staged.paused_to::date,
    false, codes.reject, CASE WHEN codes.reject IS NOT NULL THEN 'customer_id' END
FROM import_staged AS staged
JOIN import_codes AS codes ON codes.code = staged.customer_id
WHERE staged.code IS NULL
;;
ANALYZE import_ready_contracts
;;
UPDATE import_ready_contracts AS ready
SET reject = found.reject, field = found.field
FROM (
    SELECT line,
        CASE
            WHEN mrr IS NULL THEN 'unclear_cycle'
            WHEN mrr < 0 THEN 'negative_mrr'
            WHEN ends_on < starts_on THEN 'ends_before_start'
            WHEN paused_to < paused_from THEN 'pause_ends_before_start'
        END AS reject,
        CASE
            WHEN mrr IS NULL THEN 'billing_cycle'
            WHEN mrr < 0 THEN 'mrr'
            WHEN ends_on < starts_on THEN 'ends_on'
            ELSE 'paused_to'
        END AS field
    FROM import_ready_contracts
) AS found
WHERE found.line = ready.line AND found.reject IS NOT NULL AND ready.reject IS NULL
;;
UPDATE import_ready_contracts AS ready
SET reject = 'other_customer', field = 'contract_id'
FROM (
    SELECT DISTINCT ON (terms.contract_id) terms.contract_id, terms.who
    FROM (
        SELECT stored.contract_id, 'id' || coalesce(customer.merged_into_id, customer.id) AS who, 0 AS line
        FROM customers_contract AS stored
        JOIN customers_customer AS customer ON customer.id = stored.customer_id
        UNION ALL
        SELECT mine.contract_id, coalesce('id' || codes.customer_id, 'code' || mine.code), mine.line
        FROM import_ready_contracts AS mine
        JOIN import_codes AS codes ON codes.code = mine.code
        WHERE mine.reject IS NULL
    ) AS terms
    ORDER BY terms.contract_id, terms.line
) AS holder, import_codes AS codes
WHERE holder.contract_id = ready.contract_id AND codes.code = ready.code AND ready.reject IS NULL
  AND holder.who <> coalesce('id' || codes.customer_id, 'code' || ready.code)
;;
UPDATE import_ready_contracts AS ready
SET is_last = true
FROM (
    SELECT DISTINCT ON (contract_id, starts_on) line FROM import_ready_contracts
    WHERE reject IS NULL
    ORDER BY contract_id, starts_on, line DESC
) AS last_one
WHERE last_one.line = ready.line
