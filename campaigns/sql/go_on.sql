-- Purpose: a series goes on after a pause. Waits stood still: everybody's next step is due later by as long as the pause
--     was; one with a time of day at that time, never earlier than what was left of the wait.
-- One row per journey on its way. Parameters: campaign, held (an interval), zone.
-- Reads: campaigns_step. Writes: campaigns_journey.
UPDATE campaigns_journey AS journey
SET due_at = moved.due_at
FROM (
    SELECT one.id,
        CASE
            WHEN step.send_time IS NULL THEN one.due_at + %(held)s::interval
            ELSE (later.day + step.send_time + CASE WHEN later.time > step.send_time THEN interval '1 day' ELSE '0' END)
                AT TIME ZONE %(zone)s
        END AS due_at
    FROM campaigns_journey AS one
    LEFT JOIN LATERAL (
        SELECT ahead.send_time FROM campaigns_step AS ahead
        WHERE ahead.campaign_id = one.campaign_id AND ahead.edition = one.edition AND ahead.position > one.position
        ORDER BY ahead.position LIMIT 1
    ) AS step ON true
    CROSS JOIN LATERAL (
        SELECT ((one.due_at + %(held)s::interval) AT TIME ZONE %(zone)s)::date AS day,
            ((one.due_at + %(held)s::interval) AT TIME ZONE %(zone)s)::time AS time
    ) AS later
    WHERE one.campaign_id = %(campaign)s AND one.state = 'active'
) AS moved
WHERE journey.id = moved.id
