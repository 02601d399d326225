-- Purpose: draws who is held out of a fixed audience: uplift.hold_out, word for word, where the rows are. Strata follow one
--     another, in one customers stand by SHA-256(campaign:customer), and place i is held out when what percent · i + start
--     leaves over 100 is below percent. All contacts of a customer share his arm.
-- Row count: rows held out. Parameters: campaign, percent, start (uplift.start_of).
-- Reads and writes: campaign_audience (audience.sql, same transaction).
WITH line AS (
    SELECT one.customer_id, row_number() OVER (ORDER BY one.stratum COLLATE "C", one.digest) AS place
    FROM (
        SELECT DISTINCT audience.customer_id, audience.stratum,
            sha256(convert_to(%(campaign)s || ':' || audience.customer_id, 'UTF8')) AS digest
        FROM campaign_audience AS audience
        WHERE audience.verdict = 'ok'
    ) AS one
)
UPDATE campaign_audience AS audience
SET verdict = 'held_out'
FROM line
WHERE audience.customer_id = line.customer_id AND audience.verdict = 'ok'
    AND mod(%(percent)s * line.place + %(start)s, 100) < %(percent)s
