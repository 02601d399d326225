-- Purpose: takes the people of one campaign whose next step is due, in a table of this transaction: campaign_going.
--     Their rows are locked until it ends and changed in it, so that nobody is taken twice.
-- One row per journey: id, customer_id, entry, edition, position, entered_at, has_reached (the goal), is_met (the
--     condition of the step), is_hopeless (no channel still to come reaches him). Parameters: campaign, now, most.
-- Reads and locks: campaigns_journey. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_going
;;
CREATE TEMPORARY TABLE campaign_going ON COMMIT DROP AS
SELECT journey.id, journey.customer_id, journey.entry, journey.edition, journey.position, journey.entered_at,
    false AS has_reached, true AS is_met, true AS is_hopeless
FROM campaigns_journey AS journey
WHERE journey.campaign_id = %(campaign)s AND journey.state = 'active' AND journey.due_at <= %(now)s
ORDER BY journey.due_at, journey.id
LIMIT %(most)s
FOR UPDATE SKIP LOCKED
;;
ANALYZE campaign_going
