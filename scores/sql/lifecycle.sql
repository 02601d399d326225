-- Purpose: the stage of each customer and the day it began; the first stage that fits counts (PRODUCT.md §1,
-- words by JAPAN.md). Rules of contracts hold for who is active by contract, rules of inactivity for the rest.
-- One row per current customer. Quiet = days since the last activity under the policy. Conditions on logins
-- apply only where the installation holds a login of the last unused_days days.
-- "Began" is derived, not remembered, so it is the same whenever it is computed: stages of rest begin when their
-- number of days is full, but not before "new" or "won back" ended (fresh_days after the spell began).
-- Reads: temp activity.
-- Writes: temp lifecycles.
DROP TABLE IF EXISTS pg_temp.lifecycles
;;
CREATE TEMP TABLE lifecycles AS
WITH company AS (
    SELECT COALESCE(max(last_login_on) > %(as_of)s::date - %(unused_days)s, FALSE) AS holds_logins FROM activity
), facts AS (
    SELECT a.customer_id, a.last_activity_on, a.last_login_on,
           a.spells, a.from_on, a.until_on,
           a.until_on >= %(as_of)s AS is_active,
           a.from_on + %(fresh_days)s + 1 AS settled_on,
           %(as_of)s::date - a.last_activity_on AS quiet,
           GREATEST(a.last_login_on, a.last_purchase_on) AS last_use_on,
           a.renews_on, a.notice_given_on, a.returned_on, a.resumed_on,
           CASE WHEN %(by_contract)s THEN a.covered_until - CASE WHEN %(month_end)s THEN 1 ELSE 0 END END AS signed_until,
           company.holds_logins
      FROM activity a
     CROSS JOIN company
), judged AS (
    SELECT *,
           COALESCE(signed_until >= %(as_of)s, FALSE) AS is_signed,
           holds_logins AND COALESCE(last_use_on <= %(as_of)s::date - %(unused_days)s, TRUE) AS is_unused,
           holds_logins AND renews_on <= %(as_of)s::date + %(renewal_days)s
               AND COALESCE(last_login_on <= %(as_of)s::date - %(silent_days)s, TRUE) AS renews_unseen
      FROM facts
), stages AS (
    SELECT *,
           CASE
               WHEN spells = 0 THEN 'prospect'
               WHEN NOT is_active AND (
                   last_activity_on IS NULL OR signed_until >= last_activity_on + %(inactivity_days)s - 1) THEN 'cancelled'
               WHEN NOT is_active AND quiet <= %(dormant_days)s THEN 'dormant'
               WHEN NOT is_active THEN 'lapsed'
               WHEN spells > 1 AND settled_on > %(as_of)s THEN 'won_back'
               WHEN settled_on > %(as_of)s THEN 'new'
               WHEN is_signed AND is_unused THEN 'unused'
               WHEN is_signed AND (notice_given_on IS NOT NULL OR renews_unseen) THEN 'slipping'
               WHEN is_signed THEN 'active'
               WHEN quiet > %(pre_dormant_days)s THEN 'pre_dormant'
               WHEN quiet > %(slipping_days)s THEN 'slipping'
               ELSE 'active'
           END AS lifecycle
      FROM judged
)
SELECT l.customer_id, l.lifecycle, l.is_active,
       CASE l.lifecycle
           WHEN 'cancelled' THEN l.until_on + 1
           WHEN 'dormant' THEN l.until_on + 1
           WHEN 'lapsed' THEN GREATEST(l.until_on, l.last_activity_on + %(dormant_days)s) + 1
           WHEN 'won_back' THEN l.from_on
           WHEN 'new' THEN l.from_on
           WHEN 'unused' THEN GREATEST(l.settled_on, l.last_use_on + %(unused_days)s)
           WHEN 'pre_dormant' THEN GREATEST(
               l.settled_on, l.signed_until + 1, l.last_activity_on + %(pre_dormant_days)s + 1)
           WHEN 'slipping' THEN CASE
               WHEN NOT l.is_signed THEN GREATEST(
                   l.settled_on, l.signed_until + 1, l.last_activity_on + %(slipping_days)s + 1)
               WHEN l.notice_given_on IS NOT NULL THEN GREATEST(l.settled_on, l.notice_given_on)
               ELSE GREATEST(l.settled_on, l.renews_on - %(renewal_days)s, l.last_login_on + %(silent_days)s)
           END
           WHEN 'active' THEN GREATEST(
               l.settled_on,
               CASE WHEN NOT l.is_signed THEN l.signed_until + 1 END,
               CASE WHEN NOT l.is_signed THEN l.returned_on WHEN l.holds_logins THEN l.resumed_on END)
       END AS lifecycle_since
  FROM stages l
;;
ANALYZE lifecycles (customer_id)
