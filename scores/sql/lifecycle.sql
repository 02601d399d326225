-- Purpose: the stage of each customer and the day it began; the first stage that fits counts (PRODUCT.md §1,
-- words by JAPAN.md). Rules of contracts hold for who is active by contract, rules of inactivity for the rest.
-- One row per current customer. Quiet = days since the last activity under the policy. Conditions on logins
-- apply only where the installation holds a login of the last unused_days days.
-- "Began" is derived, not remembered, so it is the same whenever it is computed: stages of rest begin when their
-- number of days is full, but not before "new" or "won back" ended (fresh_days after the spell began).
-- Reads: temp activity, active_spells, activity_days, contract_state, purchase_days; customers_login.
-- Writes: temp stages, temp returns, temp lifecycles.
DROP TABLE IF EXISTS pg_temp.stages
;;
CREATE TEMP TABLE stages AS
WITH spells AS (
    SELECT customer_id, count(*) AS spells, min(from_on) AS first_from, max(from_on) AS from_on, max(until_on) AS until_on
      FROM active_spells
     GROUP BY customer_id
), company AS (
    SELECT COALESCE(max(last_login_on) > %(as_of)s::date - %(unused_days)s, FALSE) AS holds_logins FROM activity
), facts AS (
    SELECT a.customer_id, a.last_activity_on, a.last_login_on,
           s.spells, s.first_from, s.from_on, s.until_on,
           s.until_on >= %(as_of)s AS is_active,
           s.from_on + %(fresh_days)s + 1 AS settled_on,
           %(as_of)s::date - a.last_activity_on AS quiet,
           GREATEST(a.last_login_on, a.last_purchase_on) AS last_use_on,
           t.renews_on, t.notice_given_on,
           CASE WHEN %(by_contract)s THEN t.covered_until - CASE WHEN %(month_end)s THEN 1 ELSE 0 END END AS signed_until,
           company.holds_logins
      FROM activity a
     CROSS JOIN company
      LEFT JOIN spells s ON s.customer_id = a.customer_id
      LEFT JOIN contract_state t ON t.customer_id = a.customer_id
), judged AS (
    SELECT *,
           COALESCE(signed_until >= %(as_of)s, FALSE) AS is_signed,
           holds_logins AND COALESCE(last_use_on <= %(as_of)s::date - %(unused_days)s, TRUE) AS is_unused,
           holds_logins AND renews_on <= %(as_of)s::date + %(renewal_days)s
               AND COALESCE(last_login_on <= %(as_of)s::date - %(silent_days)s, TRUE) AS renews_unseen
      FROM facts
)
SELECT *,
       CASE
           WHEN spells IS NULL THEN 'prospect'
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
;;
ANALYZE stages
;;
-- The day an active customer last ended a silence that had made him slip (or, signed, be unused).
DROP TABLE IF EXISTS pg_temp.returns
;;
CREATE TEMP TABLE returns AS
WITH uses AS (
    SELECT d.customer_id, d.day, FALSE AS is_signed
      FROM activity_days d JOIN stages l ON l.customer_id = d.customer_id
     WHERE l.lifecycle = 'active' AND NOT l.is_signed
    UNION ALL
    SELECT d.customer_id, d.day, TRUE
      FROM purchase_days d JOIN stages l ON l.customer_id = d.customer_id
     WHERE l.lifecycle = 'active' AND l.is_signed AND l.holds_logins
    UNION ALL
    SELECT g.customer_id, g.logged_in_on, TRUE
      FROM customers_login g JOIN stages l ON l.customer_id = g.customer_id
     WHERE l.lifecycle = 'active' AND l.is_signed AND l.holds_logins AND g.logged_in_on <= %(as_of)s
), gaps AS (
    SELECT customer_id, day, is_signed, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) - 1 AS silent
      FROM uses
)
SELECT customer_id, max(day) AS day
  FROM gaps
 WHERE CASE WHEN is_signed THEN silent >= %(unused_days)s ELSE silent > %(slipping_days)s END
 GROUP BY customer_id
;;
ANALYZE returns
;;
DROP TABLE IF EXISTS pg_temp.lifecycles
;;
CREATE TEMP TABLE lifecycles AS
SELECT l.*,
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
               r.day)
       END AS lifecycle_since
  FROM stages l
  LEFT JOIN returns r ON r.customer_id = l.customer_id
;;
ANALYZE lifecycles
