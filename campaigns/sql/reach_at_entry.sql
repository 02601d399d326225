-- Purpose: notes the verdict on one channel of the series for those who enter; one channel that reaches him is enough.
-- One row per customer whose verdict changed. Parameters: barred (verdicts that keep someone from being reached).
-- Reads: campaign_audience. Writes: campaign_entering (both of this transaction).
UPDATE campaign_entering AS entering
SET verdict = found.verdict
FROM (
    SELECT DISTINCT ON (audience.customer_id) audience.customer_id,
        CASE WHEN audience.verdict = ANY(%(barred)s::text[]) THEN audience.verdict ELSE 'ok' END AS verdict
    FROM campaign_audience AS audience
    ORDER BY audience.customer_id, audience.verdict = ANY(%(barred)s::text[]), audience.contact_id
) AS found
WHERE found.customer_id = entering.customer_id AND entering.verdict <> 'ok'
    AND (entering.verdict = '' OR found.verdict = 'ok')
