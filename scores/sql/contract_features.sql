-- Purpose: what was known of each customer under contract at the end of given days, and what became of him: the
-- facts the contract model learns from (days of the past) and speaks of (the day itself). Nothing dated after a day
-- is a fact of it; an end counts as known only where notice was given by then (files fill in other ends afterwards).
-- One row per day and customer under contract at its end; one_in > 1: a sample of one customer in so many, by code.
--   kind      M no end known; N notice, gone by the end of day + 90; L notice, but under contract beyond that
--   lost      not active under the policy at the end of day + 90; empty where that is not over at as_of
--   known_end first day without service, where notice was given for all he has
--   tenure_days since when cover is unbroken; renews_in days to the next renewal, empty without one
--   logins_30, logins_before: the last 30 days and the 30 before; contacts_90, complaints_90: written down in 90 days
--   overdue invoices not paid at the end of the day; late_180 invoices of 180 days not paid when due
-- Facts of a kind the company did not hold then (logins 60 days before, …) are empty, not 0.
-- Reads: temp known_terms, contract_cover, active_spells; customers_customer, customers_contract, customers_login,
-- customers_interaction, customers_invoice.  Writes: temp contract_features.
DROP TABLE IF EXISTS pg_temp.contract_features
;;
CREATE TEMP TABLE contract_features AS
WITH days AS (
    SELECT day,
           EXISTS (SELECT 1 FROM customers_login WHERE logged_in_on <= day - 60)
               AND EXISTS (SELECT 1 FROM customers_login WHERE logged_in_on > day - 30 AND logged_in_on <= day)
               AS holds_logins,
           EXISTS (SELECT 1 FROM customers_interaction
                    WHERE (occurred_at AT TIME ZONE %(zone)s)::date <= day - 90) AS holds_interactions,
           EXISTS (SELECT 1 FROM customers_invoice WHERE due_on <= day - 180) AS holds_invoices
      FROM unnest(%(on_days)s::date[]) AS d (day)
), chosen AS (
    SELECT id AS customer_id
      FROM customers_customer
     WHERE %(one_in)s = 1 OR ('x' || substr(md5(code), 1, 8))::bit(32)::bigint %% %(one_in)s = 0
), signed AS (
    SELECT d.day, c.customer_id, d.day - c.from_on AS tenure_days
      FROM days d
      JOIN contract_cover c ON c.from_on <= d.day AND c.until_on - CASE WHEN %(month_end)s THEN 1 ELSE 0 END >= d.day
      JOIN chosen ON chosen.customer_id = c.customer_id
), terms AS (
    SELECT t.*, k.seats, k.ends_on AS written_end,
           lag(t.mrr) OVER (PARTITION BY t.contract_id ORDER BY t.starts_on) > t.mrr AS is_smaller
      FROM known_terms t
      JOIN customers_contract k ON k.id = t.id
     WHERE t.is_paid
), contracts AS (
    SELECT s.day, s.customer_id, s.tenure_days,
           (array_agg(t.plan ORDER BY t.mrr DESC, t.starts_on DESC, t.id))[1] AS plan,
           sum(t.mrr) AS mrr,
           sum(t.seats) AS seats,
           min(t.renews_on) FILTER (WHERE t.renews_on >= s.day AND (t.cancelled_on IS NULL OR t.cancelled_on > s.day))
               - s.day AS renews_in,
           bool_or(COALESCE(t.is_smaller, FALSE) AND t.starts_on > s.day - 90) AS is_downgraded,
           bool_or(COALESCE(t.cancelled_on <= s.day, FALSE)) AS has_notice,
           max(CASE WHEN t.cancelled_on <= s.day THEN COALESCE(t.written_end, DATE '9999-12-31')
                    ELSE DATE '9999-12-31' END) AS known_end
      FROM signed s
      JOIN terms t ON t.customer_id = s.customer_id AND t.starts_on <= s.day AND t.ends_on > s.day
     GROUP BY s.day, s.customer_id, s.tenure_days
), uses AS (
    SELECT l.customer_id, l.logged_in_on AS day, count(*) AS logins
      FROM customers_login l
     WHERE l.customer_id IN (SELECT customer_id FROM signed)
       AND l.logged_in_on > (SELECT min(day) FROM days) - 60
       AND l.logged_in_on <= (SELECT max(day) FROM days)
     GROUP BY l.customer_id, l.logged_in_on
), used AS (
    SELECT s.day, s.customer_id,
           sum(u.logins) FILTER (WHERE u.day > s.day - 30) AS logins_30,
           sum(u.logins) FILTER (WHERE u.day <= s.day - 30) AS logins_before
      FROM signed s
      JOIN uses u ON u.customer_id = s.customer_id AND u.day > s.day - 60 AND u.day <= s.day
     GROUP BY s.day, s.customer_id
), talks AS (
    SELECT i.customer_id, (i.occurred_at AT TIME ZONE %(zone)s)::date AS day, i.category
      FROM customers_interaction i
     WHERE i.customer_id IN (SELECT customer_id FROM signed)
), talked AS (
    SELECT s.day, s.customer_id,
           count(*) AS contacts_90,
           count(*) FILTER (WHERE i.category = 'complaint') AS complaints_90
      FROM signed s
      JOIN talks i ON i.customer_id = s.customer_id AND i.day > s.day - 90 AND i.day <= s.day
     GROUP BY s.day, s.customer_id
), billed AS (
    SELECT s.day, s.customer_id,
           count(*) FILTER (WHERE v.paid_on IS NULL OR v.paid_on > s.day) AS overdue,
           count(*) FILTER (WHERE v.due_on > s.day - 180 AND (v.paid_on IS NULL OR v.paid_on > v.due_on)) AS late_180
      FROM signed s
      JOIN customers_invoice v ON v.customer_id = s.customer_id AND v.due_on < s.day AND v.due_on > s.day - 365
     GROUP BY s.day, s.customer_id
)
SELECT c.day, c.customer_id,
       CASE WHEN c.known_end = DATE '9999-12-31' THEN 'M'
            WHEN c.known_end <= c.day + 90 + CASE WHEN %(month_end)s THEN 1 ELSE 0 END THEN 'N'
            ELSE 'L' END AS kind,
       CASE WHEN c.day + 90 <= %(as_of)s::date THEN NOT EXISTS (
           SELECT 1 FROM active_spells a
            WHERE a.customer_id = c.customer_id AND a.from_on <= c.day + 90 AND a.until_on >= c.day + 90) END AS lost,
       NULLIF(c.known_end, DATE '9999-12-31') AS known_end,
       c.tenure_days, c.plan, c.mrr, c.seats, c.renews_in, c.is_downgraded, c.has_notice,
       CASE WHEN d.holds_logins THEN COALESCE(u.logins_30, 0) END AS logins_30,
       CASE WHEN d.holds_logins THEN COALESCE(u.logins_before, 0) END AS logins_before,
       CASE WHEN d.holds_interactions THEN COALESCE(i.contacts_90, 0) END AS contacts_90,
       CASE WHEN d.holds_interactions THEN COALESCE(i.complaints_90, 0) END AS complaints_90,
       CASE WHEN d.holds_invoices THEN COALESCE(v.overdue, 0) END AS overdue,
       CASE WHEN d.holds_invoices THEN COALESCE(v.late_180, 0) END AS late_180
  FROM contracts c
  JOIN days d ON d.day = c.day
  LEFT JOIN used u ON u.day = c.day AND u.customer_id = c.customer_id
  LEFT JOIN talked i ON i.day = c.day AND i.customer_id = c.customer_id
  LEFT JOIN billed v ON v.day = c.day AND v.customer_id = c.customer_id
;;
ANALYZE contract_features
