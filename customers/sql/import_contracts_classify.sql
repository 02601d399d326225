-- Purpose: the terms of a chunk that are new or changed, with the values that will stand. A term ends where the next
--          term of its contract (in the data or in the file) starts.
-- One row per such line. Parameters: after, upto (lines), clear, filled.
-- Reads: import_ready_contracts, import_codes, customers_contract. Writes: import_chunk_contracts.
INSERT INTO import_chunk_contracts
    (line, term_id, code, contract_id, plan, mrr, billing_cycle, starts_on, renews_on, cancelled_on, ends_on, is_trial,
     auto_renew, notice_days, seats, reason, competitor, paused_from, paused_to)
SELECT standing.* FROM (
    SELECT ready.line, stored.id, ready.code, ready.contract_id,
        coalesce(ready.plan, CASE WHEN NOT (%(clear)s AND 'plan' = ANY (%(filled)s)) THEN stored.plan END, '') AS plan,
        ready.mrr,
        coalesce(ready.billing_cycle, CASE WHEN NOT (%(clear)s AND 'billing_cycle' = ANY (%(filled)s)) THEN stored.billing_cycle END, '') AS billing_cycle,
        ready.starts_on,
        coalesce(ready.renews_on, CASE WHEN NOT (%(clear)s AND 'renews_on' = ANY (%(filled)s)) THEN stored.renews_on END) AS renews_on,
        coalesce(ready.cancelled_on, CASE WHEN NOT (%(clear)s AND 'cancelled_on' = ANY (%(filled)s)) THEN stored.cancelled_on END) AS cancelled_on,
        least(
            coalesce(ready.ends_on, CASE WHEN NOT (%(clear)s AND %(filled)s && ARRAY['ends_on', 'last_service_on']) THEN stored.ends_on END),
            (SELECT min(later.starts_on) FROM customers_contract AS later
             WHERE later.contract_id = ready.contract_id AND later.starts_on > ready.starts_on),
            following.starts_on
        ) AS ends_on,
        coalesce(ready.is_trial, CASE WHEN NOT (%(clear)s AND 'is_trial' = ANY (%(filled)s)) THEN stored.is_trial END, false) AS is_trial,
        coalesce(ready.auto_renew, CASE WHEN NOT (%(clear)s AND 'auto_renew' = ANY (%(filled)s)) THEN stored.auto_renew END) AS auto_renew,
        coalesce(ready.notice_days, CASE WHEN NOT (%(clear)s AND 'notice_days' = ANY (%(filled)s)) THEN stored.notice_days END) AS notice_days,
        coalesce(ready.seats, CASE WHEN NOT (%(clear)s AND 'seats' = ANY (%(filled)s)) THEN stored.seats END) AS seats,
        coalesce(ready.reason, CASE WHEN NOT (%(clear)s AND 'reason' = ANY (%(filled)s)) THEN stored.reason END, '') AS reason,
        coalesce(ready.competitor, CASE WHEN NOT (%(clear)s AND 'competitor' = ANY (%(filled)s)) THEN stored.competitor END, '') AS competitor,
        coalesce(ready.paused_from, CASE WHEN NOT (%(clear)s AND 'paused_from' = ANY (%(filled)s)) THEN stored.paused_from END) AS paused_from,
        coalesce(ready.paused_to, CASE WHEN NOT (%(clear)s AND 'paused_to' = ANY (%(filled)s)) THEN stored.paused_to END) AS paused_to
    FROM import_ready_contracts AS ready
    JOIN (
        SELECT line, lead(starts_on) OVER (PARTITION BY contract_id ORDER BY starts_on) AS starts_on
        FROM import_ready_contracts
        WHERE is_last
    ) AS following ON following.line = ready.line
    LEFT JOIN customers_contract AS stored
        ON stored.contract_id = ready.contract_id AND stored.starts_on = ready.starts_on
    WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.is_last
) AS standing
LEFT JOIN customers_contract AS stored ON stored.id = standing.id
WHERE stored.id IS NULL
   OR (stored.plan, stored.mrr, stored.billing_cycle, stored.renews_on, stored.cancelled_on, stored.ends_on,
       stored.is_trial, stored.auto_renew, stored.notice_days, stored.seats, stored.reason, stored.competitor,
       stored.paused_from, stored.paused_to)
    IS DISTINCT FROM (standing.plan, standing.mrr, standing.billing_cycle, standing.renews_on, standing.cancelled_on,
       standing.ends_on, standing.is_trial, standing.auto_renew, standing.notice_days, standing.seats, standing.reason,
       standing.competitor, standing.paused_from, standing.paused_to)
