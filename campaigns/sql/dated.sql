-- Purpose: whose turn it is by a date of his: table campaign_causes of this transaction.
-- One row per customer and cause: customer_id, cause. What comes every year has the year in its cause, so that a date
--     corrected later lets nobody in twice that year; a term of a contract has its own id and the date.
-- Parameters: segment, date (which: anniversaries.DATES), dates (those whose turn it is), month_days (100 × month + day,
--     for what comes every year), year (of those dates).
-- Reads: segments_membership, customers_customer, customers_contract. Writes: nothing that stays.
DROP TABLE IF EXISTS campaign_causes
;;
CREATE TEMPORARY TABLE campaign_causes ON COMMIT DROP AS
WITH member AS (
    SELECT customer.id, customer.birth_on, customer.joined_on
    FROM segments_membership AS membership
    JOIN customers_customer AS customer ON customer.id = membership.customer_id
    WHERE membership.segment_id = %(segment)s AND membership.left_on IS NULL
), term AS (
    SELECT contract.id, contract.customer_id,
        CASE %(date)s
            WHEN 'ends_on' THEN contract.ends_on - 1
            WHEN 'notice_on' THEN contract.renews_on - coalesce(contract.notice_days, 0)
            ELSE contract.renews_on
        END AS turn_on
    FROM customers_contract AS contract
    WHERE %(date)s IN ('renews_on', 'notice_on', 'ends_on') AND NOT contract.is_trial
        AND (%(date)s = 'ends_on' OR (
            contract.cancelled_on IS NULL AND (contract.ends_on IS NULL OR contract.ends_on > contract.renews_on)
        ))
        AND NOT EXISTS (
            SELECT FROM customers_contract AS later
            WHERE later.contract_id = contract.contract_id AND later.starts_on > contract.starts_on
        )
)
SELECT member.id AS customer_id, %(date)s || ':' || %(year)s AS cause
FROM member
WHERE (%(date)s = 'birth_on' AND extract(month FROM member.birth_on) * 100 + extract(day FROM member.birth_on)
        = ANY(%(month_days)s::int[]) AND extract(year FROM member.birth_on) <= %(year)s)
    OR (%(date)s = 'joined_yearly' AND extract(month FROM member.joined_on) * 100 + extract(day FROM member.joined_on)
        = ANY(%(month_days)s::int[]) AND extract(year FROM member.joined_on) < %(year)s)
UNION ALL
SELECT member.id, %(date)s
FROM member
WHERE %(date)s = 'joined_on' AND member.joined_on = ANY(%(dates)s::date[])
UNION ALL
SELECT member.id, %(date)s || ':' || term.id || ':' || term.turn_on
FROM term
JOIN member ON member.id = term.customer_id
WHERE term.turn_on = ANY(%(dates)s::date[])
