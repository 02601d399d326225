-- Purpose: contract terms whose renewal date lies between two days, and what became of each as known at as_of.
-- One row per paid term that ran up to its renewal date (renews_on), or was replaced at most 90 days before it by a paid
-- term that renews later (renewed early). What ended or was replaced sooner was never due.
--   outcome   renewed    a later paid term of the contract follows without a gap; or the term goes on: its renewal date
--                        is over, service lasts beyond the day after it, no notice was given by then, and it is not
--                        one that must be renewed by hand (auto_renew false)
--             lost       notice was given by the renewal date, or the term has ended, and no paid term follows
--             undecided  neither yet
--   mrr, next_mrr        its monthly amount, and that after the renewal
-- Parameters: as_of, since, until (days).  Reads: temp known_terms; customers_contract.  Writes: temp due_terms.
DROP TABLE IF EXISTS pg_temp.due_terms
;;
CREATE TEMP TABLE due_terms AS
WITH terms AS (
    SELECT k.*, t.auto_renew,
           lead(k.starts_on) OVER one AS next_on,
           lead(k.is_paid) OVER one AS next_is_paid,
           lead(k.renews_on) OVER one AS next_renews_on,
           lead(k.mrr) OVER one AS following_mrr
      FROM known_terms k
      JOIN customers_contract t ON t.id = k.id
    WINDOW one AS (PARTITION BY k.contract_id ORDER BY k.starts_on)
), due AS (
    SELECT *, COALESCE(next_is_paid AND next_on = ends_on, FALSE) AS is_followed
      FROM terms
     WHERE is_paid AND renews_on BETWEEN %(since)s AND %(until)s AND starts_on < renews_on
), counted AS (
    SELECT * FROM due
     WHERE ends_on >= renews_on
        OR (is_followed AND next_on >= renews_on - 90 AND COALESCE(next_renews_on > renews_on, TRUE))
), settled AS (
    SELECT *,
           CASE
               WHEN is_followed THEN 'renewed'
               WHEN cancelled_on <= renews_on THEN 'lost'
               WHEN ends_on <= renews_on + 1 AND (ends_on <= %(as_of)s OR cancelled_on IS NOT NULL) THEN 'lost'
               WHEN ends_on > renews_on + 1 AND renews_on <= %(as_of)s AND auto_renew IS DISTINCT FROM FALSE
                   THEN 'renewed'
               ELSE 'undecided'
           END AS outcome
      FROM counted
)
SELECT id, customer_id, contract_id, plan, mrr, renews_on, renews_on - COALESCE(notice_days, 0) AS notice_due_on,
       cancelled_on, reason, competitor, outcome,
       CASE WHEN outcome = 'renewed' THEN CASE WHEN is_followed THEN following_mrr ELSE mrr END END AS next_mrr
  FROM settled
;;
ANALYZE due_terms
