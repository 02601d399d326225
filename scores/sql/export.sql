-- Purpose: the file of scores, in the columns scripts rely on. Plain decimals; an empty cell is "no figure".
-- One row per scored customer: RFM counts who bought within its window, contracts who ever had a paid term.
-- A code that a spreadsheet would run as a formula gets an apostrophe in front.
-- Reads: temp scored, customers_customer.  Writes: nothing.
SELECT CASE WHEN c.code ~ '^[=+@\t\r-]' AND c.code !~ '^[+-]?[0-9.]+$' THEN '''' ELSE '' END || c.code AS customer_id,
       recency_days,
       frequency,
       monetary,
       r, f, m,
       nullif(rfm_segment, '') AS rfm_segment,
       CASE WHEN is_vip THEN 'true' ELSE 'false' END AS vip,
       lifecycle,
       p_alive::numeric AS p_alive,
       expected_purchases_365d::numeric AS expected_purchases_365d,
       ltv_historic,
       ltv_predicted
  FROM scored
  JOIN customers_customer c ON c.id = customer_id
 WHERE r IS NOT NULL OR (%(by_contract)s AND lifecycle <> 'prospect')
 ORDER BY c.code
