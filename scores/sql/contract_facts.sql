-- Purpose: the facts the contract model reads, in an order that rows' own order cannot change.
-- One row per row of contract_features (its header says what each column is); yes and no are 1 and 0.
-- Reads: temp contract_features.  Writes: nothing.
SELECT day, customer_id, kind, lost::integer AS lost, known_end, tenure_days, plan, mrr, seats, renews_in,
       is_downgraded::integer AS is_downgraded, has_notice::integer AS has_notice,
       logins_30, logins_before, contacts_90, complaints_90, overdue, late_180
  FROM contract_features
 ORDER BY day, kind, lost, tenure_days, plan, mrr, seats, renews_in, is_downgraded, has_notice, logins_30,
          logins_before, contacts_90, complaints_90, overdue, late_180, customer_id
