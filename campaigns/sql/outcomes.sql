-- Purpose: what every randomised customer did in his window, for several campaigns at once. Every result comes from it.
-- One row per enrollment: campaign_id, customer_id, arm, variant, first_on, last_on (both inside), is_over, is_counted,
--     has_reached (at least one goal event in the window), revenue (net of refunds, in it), has_left.
-- The window begins on the business day of the launch; of an entry by trigger on that of the entry. An entry by trigger
--     is counted once its window is over, a broadcast from the first day on (counts, no verdict).
-- has_left: erased; or no one of his own any more (merged: what he did counts with the other one); or one with somebody
--     of the other arm. Who left is in no comparison.
-- A renewal is a paid term that begins in the window, or one that runs on over its renewal date in it.
-- Parameters: campaigns (ids), goals (those they have: the others are not looked up), zone, as_of, since (first day of all
--     windows), with_money (else revenue is 0).
-- Reads: campaigns_campaign, _enrollment, _offer, _coupon, _occasion, _rsvp, customers_customer, _purchase, _login,
--     _contract. Writes: nothing.
WITH chosen AS (
    SELECT id, goal, trigger, window_days, (launched_at AT TIME ZONE %(zone)s)::date AS launched_on
    FROM campaigns_campaign
    WHERE id = ANY(%(campaigns)s::bigint[]) AND launched_at IS NOT NULL
), entry AS (
    SELECT enrollment.campaign_id, enrollment.customer_id, enrollment.arm, enrollment.variant,
        chosen.goal, chosen.trigger, chosen.window_days,
        CASE chosen.trigger
            WHEN 'broadcast' THEN chosen.launched_on
            ELSE (enrollment.enrolled_at AT TIME ZONE %(zone)s)::date
        END AS first_on
    FROM campaigns_enrollment AS enrollment
    JOIN chosen ON chosen.id = enrollment.campaign_id
), person AS (
    SELECT campaign_id, customer_id, arm, variant, goal, trigger, first_on, first_on + window_days - 1 AS last_on
    FROM entry
), bought AS (
    SELECT person.campaign_id, person.customer_id, sum(purchase.amount) AS revenue,
        bool_or(purchase.amount >= 0) AS has_bought
    FROM person
    JOIN customers_purchase AS purchase ON purchase.customer_id = person.customer_id
        AND purchase.purchased_on BETWEEN person.first_on AND person.last_on
    WHERE purchase.purchased_on BETWEEN %(since)s AND %(as_of)s
        AND (%(with_money)s OR 'purchase' = ANY(%(goals)s::text[]))
    GROUP BY person.campaign_id, person.customer_id
), reached AS (
    SELECT bought.campaign_id, bought.customer_id
    FROM bought
    JOIN chosen ON chosen.id = bought.campaign_id AND chosen.goal = 'purchase'
    WHERE bought.has_bought
    UNION
    SELECT person.campaign_id, person.customer_id
    FROM person
    JOIN customers_login AS login ON login.customer_id = person.customer_id
        AND login.logged_in_on BETWEEN person.first_on AND person.last_on
    WHERE 'login' = ANY(%(goals)s::text[]) AND person.goal = 'login'
        AND login.logged_in_on BETWEEN %(since)s AND %(as_of)s
    UNION
    SELECT person.campaign_id, person.customer_id
    FROM person
    JOIN customers_contract AS term ON term.customer_id = person.customer_id AND NOT term.is_trial AND term.mrr > 0
        AND (
            term.starts_on BETWEEN person.first_on AND least(person.last_on, %(as_of)s)
            OR (
                term.renews_on BETWEEN person.first_on AND least(person.last_on, %(as_of)s)
                AND term.starts_on < term.renews_on AND (term.ends_on IS NULL OR term.ends_on > term.renews_on)
            )
        )
    WHERE 'renewal' = ANY(%(goals)s::text[]) AND person.goal = 'renewal'
    UNION
    SELECT person.campaign_id, person.customer_id
    FROM person
    JOIN campaigns_occasion AS occasion ON occasion.campaign_id = person.campaign_id
    JOIN campaigns_rsvp AS rsvp ON rsvp.occasion_id = occasion.id AND rsvp.customer_id = person.customer_id
    WHERE 'rsvp' = ANY(%(goals)s::text[]) AND person.goal = 'rsvp' AND rsvp.answer = 'coming'
        AND (rsvp.answered_at AT TIME ZONE %(zone)s)::date BETWEEN person.first_on AND person.last_on
    UNION
    SELECT person.campaign_id, person.customer_id
    FROM person
    JOIN campaigns_offer AS offer ON offer.campaign_id = person.campaign_id
    JOIN campaigns_coupon AS coupon ON coupon.offer_id = offer.id AND coupon.customer_id = person.customer_id
    WHERE 'coupon' = ANY(%(goals)s::text[]) AND person.goal = 'coupon'
        AND (coupon.redeemed_at AT TIME ZONE %(zone)s)::date BETWEEN person.first_on AND person.last_on
), crossed AS (
    SELECT person.campaign_id, double.merged_into_id AS customer_id, person.arm
    FROM person
    JOIN customers_customer AS double ON double.id = person.customer_id
    WHERE double.merged_into_id IS NOT NULL
)
SELECT person.campaign_id, person.customer_id, person.arm, person.variant, person.first_on, person.last_on,
    person.last_on < %(as_of)s AS is_over,
    person.trigger = 'broadcast' OR person.last_on < %(as_of)s AS is_counted,
    reached.customer_id IS NOT NULL AS has_reached,
    coalesce(bought.revenue, 0) AS revenue,
    who.merged_into_id IS NOT NULL OR who.erased_at IS NOT NULL OR EXISTS (
        SELECT FROM crossed
        WHERE crossed.campaign_id = person.campaign_id AND crossed.customer_id = person.customer_id
            AND crossed.arm <> person.arm
    ) AS has_left
FROM person
JOIN customers_customer AS who ON who.id = person.customer_id
LEFT JOIN bought ON bought.campaign_id = person.campaign_id AND bought.customer_id = person.customer_id
LEFT JOIN reached ON reached.campaign_id = person.campaign_id AND reached.customer_id = person.customer_id
