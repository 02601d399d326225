-- Purpose: the lines of a chunk that make or change a purchase. A hash join filters what is stored already.
--          Order and product are part of a line's identity but where it has a purchase_id.
-- One row per such line. Parameters: after, upto (lines), clear (an empty cell clears), filled (columns of the file).
-- Reads: import_ready_purchases, import_codes, customers_purchase, customers_product. Writes: import_chunk_purchases.
INSERT INTO import_chunk_purchases
    (line, purchase_id, code, line_key, order_id, product, nth, purchased_at, purchased_on, amount, quantity, tax_rate)
SELECT ready.line, stored.id, ready.code, ready.line_key, coalesce(nullif(ready.order_id, ''), stored.order_id, ''),
    coalesce(ready.product, product.name), coalesce(stored.nth, ready.nth), ready.purchased_at, ready.purchased_on, ready.amount,
    coalesce(ready.quantity, CASE WHEN %(clear)s AND 'quantity' = ANY (%(filled)s) THEN NULL ELSE stored.quantity END),
    coalesce(ready.tax_rate, CASE WHEN %(clear)s AND 'tax_rate' = ANY (%(filled)s) THEN NULL ELSE stored.tax_rate END)
FROM import_ready_purchases AS ready
JOIN import_codes AS codes ON codes.code = ready.code
LEFT JOIN customers_purchase AS stored ON stored.line_key = ready.line_key
LEFT JOIN customers_product AS product ON product.id = stored.product_id AND ready.purchase_id IS NOT NULL
WHERE ready.line > %(after)s AND ready.line <= %(upto)s AND ready.reject IS NULL
  AND (
    stored.id IS NULL
    OR (ready.purchase_id IS NOT NULL AND ready.order_id NOT IN ('', stored.order_id))
    OR (ready.purchase_id IS NOT NULL AND ready.product <> coalesce(product.name, ''))
    OR (stored.customer_id, stored.purchased_at, stored.amount)
        IS DISTINCT FROM (codes.customer_id, ready.purchased_at, ready.amount)
    OR stored.quantity IS DISTINCT FROM coalesce(
        ready.quantity, CASE WHEN %(clear)s AND 'quantity' = ANY (%(filled)s) THEN NULL ELSE stored.quantity END)
    OR stored.tax_rate IS DISTINCT FROM coalesce(
        ready.tax_rate, CASE WHEN %(clear)s AND 'tax_rate' = ANY (%(filled)s) THEN NULL ELSE stored.tax_rate END)
  )
