-- Purpose: write a classified chunk of terms; a new term ends the one before it. A term that ended without a reason takes
--          that of a churned event of that very day (as events lend theirs, import_events_apply.sql: either may be first).
-- One row per line of the chunk (and per term it ends). Parameters: import_id, now, zone.
-- Reads: import_chunk_contracts, import_codes, customers_event.
-- Writes: customers_contract, customers_importchange, customers_touched.
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'contract', stored.id, diff.before, diff.after
FROM import_chunk_contracts AS chunk
JOIN customers_contract AS stored ON stored.id = chunk.term_id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was JOIN jsonb_each(to_jsonb(chunk)) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO UPDATE
SET before = excluded.before || customers_importchange.before, after = customers_importchange.after || excluded.after
;;
UPDATE customers_contract AS stored
SET plan = chunk.plan, mrr = chunk.mrr, billing_cycle = chunk.billing_cycle, renews_on = chunk.renews_on,
    cancelled_on = chunk.cancelled_on, ends_on = chunk.ends_on, is_trial = chunk.is_trial,
    auto_renew = chunk.auto_renew, notice_days = chunk.notice_days, seats = chunk.seats, reason = chunk.reason,
    competitor = chunk.competitor, paused_from = chunk.paused_from, paused_to = chunk.paused_to
FROM import_chunk_contracts AS chunk
WHERE stored.id = chunk.term_id
;;
INSERT INTO customers_contract
    (customer_id, contract_id, plan, mrr, billing_cycle, starts_on, renews_on, cancelled_on, ends_on, is_trial,
     auto_renew, notice_days, seats, reason, competitor, paused_from, paused_to, imported_id)
SELECT codes.customer_id, chunk.contract_id, chunk.plan, chunk.mrr, chunk.billing_cycle, chunk.starts_on,
    chunk.renews_on, chunk.cancelled_on, chunk.ends_on, chunk.is_trial, chunk.auto_renew, chunk.notice_days,
    chunk.seats, chunk.reason, chunk.competitor, chunk.paused_from, chunk.paused_to, %(import_id)s
FROM import_chunk_contracts AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
WHERE chunk.term_id IS NULL
ORDER BY chunk.line
;;
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, min(chunk.line), 'contract', earlier.id, jsonb_build_object('ends_on', earlier.ends_on),
    jsonb_build_object('ends_on', min(chunk.starts_on))
FROM import_chunk_contracts AS chunk
JOIN customers_contract AS earlier
    ON earlier.contract_id = chunk.contract_id AND earlier.starts_on < chunk.starts_on
   AND coalesce(earlier.ends_on > chunk.starts_on, true)
WHERE chunk.term_id IS NULL AND earlier.imported_id IS DISTINCT FROM %(import_id)s
GROUP BY earlier.id
ON CONFLICT (imported_id, model, row_id) DO UPDATE
SET before = excluded.before || customers_importchange.before, after = customers_importchange.after || excluded.after
;;
UPDATE customers_contract AS earlier
SET ends_on = next_term.starts_on
FROM (
    SELECT before.id, min(chunk.starts_on) AS starts_on
    FROM import_chunk_contracts AS chunk
    JOIN customers_contract AS before
        ON before.contract_id = chunk.contract_id AND before.starts_on < chunk.starts_on
    WHERE chunk.term_id IS NULL
    GROUP BY before.id
) AS next_term
WHERE next_term.id = earlier.id AND coalesce(earlier.ends_on > next_term.starts_on, true)
;;
WITH taken AS (
    SELECT DISTINCT ON (term.id) term.id, term.imported_id, chunk.line, left(news.data ->> 'reason', 200) AS reason
    FROM import_chunk_contracts AS chunk
    JOIN customers_contract AS term ON term.contract_id = chunk.contract_id AND term.starts_on = chunk.starts_on
    JOIN customers_event AS news
        ON news.customer_id = term.customer_id AND news.kind = 'churned' AND news.data ->> 'reason' <> ''
       AND (news.at AT TIME ZONE %(zone)s)::date IN (term.ends_on, term.ends_on - 1, term.cancelled_on)
    WHERE term.reason = ''
      AND NOT EXISTS (
        SELECT FROM customers_contract AS next_term
        WHERE next_term.contract_id = term.contract_id AND next_term.starts_on = term.ends_on
      )
    ORDER BY term.id, news.id
), kept AS (
    INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
    SELECT %(import_id)s, taken.line, 'contract', taken.id, '{"reason": ""}', jsonb_build_object('reason', taken.reason)
    FROM taken
    WHERE taken.imported_id IS DISTINCT FROM %(import_id)s
    ON CONFLICT (imported_id, model, row_id) DO UPDATE
    SET before = excluded.before || customers_importchange.before, after = customers_importchange.after || excluded.after
)
UPDATE customers_contract AS term SET reason = taken.reason FROM taken WHERE taken.id = term.id
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_contracts AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
