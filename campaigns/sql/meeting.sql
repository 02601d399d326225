-- Purpose: who of one place in campaign_going meets the condition of his next step; they stand in campaign_chosen, to be
--     judged.
-- One row per journey at that place. Parameters: campaign, edition, position (the last step behind them), is (the kind of
--     condition), step (the position it names), segment (the one it names).
-- Reads: campaigns_delivery, _step, _rsvp, _occasion, segments_membership. Writes: campaign_going, campaign_chosen (both
--     of this transaction).
UPDATE campaign_going AS going
SET is_met = CASE %(is)s
    WHEN 'clicked' THEN seen.has_clicked
    WHEN 'not_clicked' THEN NOT seen.has_clicked
    WHEN 'in_segment' THEN seen.is_inside
    WHEN 'not_in_segment' THEN NOT seen.is_inside
    WHEN 'answered' THEN seen.has_answered
    WHEN 'not_answered' THEN NOT seen.has_answered
    WHEN 'attended' THEN seen.has_attended
    WHEN 'absent' THEN seen.was_absent
    WHEN 'goal_not_reached' THEN NOT going.has_reached
    ELSE true
END
FROM (
    SELECT one.id,
        %(is)s IN ('clicked', 'not_clicked') AND EXISTS (
            SELECT FROM campaigns_delivery AS delivery
            JOIN campaigns_step AS step ON step.id = delivery.step_id
            WHERE delivery.customer_id = one.customer_id AND delivery.campaign_id = %(campaign)s
                AND delivery.entry = one.entry AND step.position = %(step)s AND delivery.clicked_at IS NOT NULL
        ) AS has_clicked,
        %(is)s IN ('in_segment', 'not_in_segment') AND EXISTS (
            SELECT FROM segments_membership AS membership
            WHERE membership.segment_id = %(segment)s AND membership.customer_id = one.customer_id
                AND membership.left_on IS NULL
        ) AS is_inside,
        %(is)s IN ('answered', 'not_answered') AND EXISTS (
            SELECT FROM campaigns_rsvp AS rsvp
            JOIN campaigns_occasion AS occasion ON occasion.id = rsvp.occasion_id
            WHERE occasion.campaign_id = %(campaign)s AND rsvp.customer_id = one.customer_id
        ) AS has_answered,
        %(is)s = 'attended' AND EXISTS (
            SELECT FROM campaigns_rsvp AS rsvp
            JOIN campaigns_occasion AS occasion ON occasion.id = rsvp.occasion_id
            WHERE occasion.campaign_id = %(campaign)s AND rsvp.customer_id = one.customer_id AND rsvp.has_attended
        ) AS has_attended,
        %(is)s = 'absent' AND EXISTS (
            SELECT FROM campaigns_rsvp AS rsvp
            JOIN campaigns_occasion AS occasion ON occasion.id = rsvp.occasion_id
            WHERE occasion.campaign_id = %(campaign)s AND rsvp.customer_id = one.customer_id
                AND rsvp.answer = 'coming' AND NOT rsvp.has_attended
        ) AS was_absent
    FROM campaign_going AS one
) AS seen
WHERE seen.id = going.id AND going.edition = %(edition)s AND going.position = %(position)s
;;
DROP TABLE IF EXISTS campaign_chosen
;;
CREATE TEMPORARY TABLE campaign_chosen ON COMMIT DROP AS
SELECT going.customer_id
FROM campaign_going AS going
WHERE going.edition = %(edition)s AND going.position = %(position)s AND going.is_met
