-- Purpose: write a classified chunk of purchases: products, before-images, changed lines, new lines, marks.
-- One row per line of the chunk. Parameters: import_id, now.
-- Reads: import_chunk_purchases, import_staged, import_codes, customers_product.
-- Writes: customers_product, customers_purchase, customers_event (coupons shown), customers_importchange,
--     customers_touched.
INSERT INTO customers_product (name, imported_id)
SELECT DISTINCT chunk.product, %(import_id)s::bigint FROM import_chunk_purchases AS chunk WHERE chunk.product IS NOT NULL
ON CONFLICT (name) DO NOTHING
;;
INSERT INTO customers_importchange (imported_id, line, model, row_id, before, after)
SELECT %(import_id)s, chunk.line, 'purchase', stored.id, diff.before, diff.after
FROM import_chunk_purchases AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
JOIN customers_purchase AS stored ON stored.id = chunk.purchase_id
LEFT JOIN customers_product AS product ON product.name = chunk.product
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, was.value) AS before, jsonb_object_agg(key, will.value) AS after
    FROM jsonb_each(to_jsonb(stored)) AS was
    JOIN jsonb_each(
        to_jsonb(chunk) || jsonb_build_object(
            'customer_id', codes.customer_id, 'product_id', coalesce(product.id, stored.product_id)
        )
    ) AS will USING (key)
    WHERE was.value <> will.value
) AS diff
WHERE chunk.purchase_id IS NOT NULL AND diff.before IS NOT NULL
ON CONFLICT (imported_id, model, row_id) DO NOTHING
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT stored.customer_id, %(now)s::timestamptz
FROM import_chunk_purchases AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
JOIN customers_purchase AS stored ON stored.id = chunk.purchase_id AND stored.customer_id <> codes.customer_id
WHERE chunk.purchase_id IS NOT NULL
;;
UPDATE customers_purchase AS stored
SET customer_id = codes.customer_id, order_id = chunk.order_id,
    product_id = coalesce(product.id, stored.product_id), purchased_at = chunk.purchased_at, purchased_on = chunk.purchased_on,
    amount = chunk.amount, quantity = chunk.quantity, tax_rate = chunk.tax_rate
FROM import_chunk_purchases AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
LEFT JOIN customers_product AS product ON product.name = chunk.product
WHERE chunk.purchase_id IS NOT NULL AND stored.id = chunk.purchase_id
;;
INSERT INTO customers_purchase
    (customer_id, line_key, order_id, product_id, nth, purchased_at, purchased_on, amount, quantity, tax_rate,
     imported_id)
SELECT codes.customer_id, chunk.line_key, chunk.order_id, product.id, chunk.nth, chunk.purchased_at, chunk.purchased_on,
    chunk.amount, chunk.quantity, chunk.tax_rate, %(import_id)s
FROM import_chunk_purchases AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
LEFT JOIN customers_product AS product ON product.name = chunk.product
WHERE chunk.purchase_id IS NULL
ORDER BY chunk.line
;;
INSERT INTO customers_touched (customer_id, at)
SELECT DISTINCT codes.customer_id, %(now)s::timestamptz
FROM import_chunk_purchases AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
;;
-- What becomes of the coupon is for campaigns to say, who wait for the mark above. Once an order.
INSERT INTO customers_event (customer_id, line_key, kind, at, data, imported_id)
SELECT DISTINCT ON (codes.customer_id, staged.coupon_code, chunk.order_id) codes.customer_id,
    md5(concat_ws(E'\x1f', 'coupon', codes.customer_id, staged.coupon_code, coalesce(nullif(chunk.order_id, ''), chunk.line_key::text)))::uuid,
    'coupon_presented', chunk.purchased_at,
    jsonb_build_object('code', staged.coupon_code, 'order_id', chunk.order_id), %(import_id)s
FROM import_chunk_purchases AS chunk
JOIN import_codes AS codes ON codes.code = chunk.code
JOIN import_staged AS staged ON staged.line = chunk.line AND staged.coupon_code <> ''
ORDER BY codes.customer_id, staged.coupon_code, chunk.order_id, chunk.line
ON CONFLICT (line_key) DO NOTHING
