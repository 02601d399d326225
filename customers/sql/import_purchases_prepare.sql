-- Purpose: typed purchase lines with their identity: what `purchase_id` says (a UUID is the stored line itself); else
--          with an order id (order, product, n-th in the file), without one all values and n-th. Rows that cannot be
--          read keep their place in the count. Amounts are turned to the installation's side of tax with the row's
--          rate, else the general rate of the day.
-- One row per staged line that can be read. Parameters: basis (excluded | included), places, zone.
-- Reads: import_staged, import_codes. Writes: import_ready_purchases.
INSERT INTO import_ready_purchases
    (line, reject, field, code, line_key, order_id, product, nth, purchased_at, purchased_on, amount, quantity, tax_rate,
     purchase_id)
SELECT counted.line,
    CASE
        WHEN counted.status IS NOT NULL THEN counted.status
        WHEN counted.customer_id IS NULL OR counted.purchased_at IS NULL THEN 'missing'
        WHEN codes.reject IS NOT NULL THEN codes.reject
        WHEN abs(counted.net) > 999999999999.99 THEN 'amount_too_large'
        WHEN counted.purchase_id IS NOT NULL AND counted.nth > 1 THEN 'repeated_id'
    END,
    CASE
        WHEN counted.status IS NOT NULL THEN 'status'
        WHEN counted.customer_id IS NULL THEN 'customer_id'
        WHEN counted.purchased_at IS NULL THEN 'purchased_at'
        WHEN codes.reject IS NOT NULL THEN 'customer_id'
        WHEN abs(counted.net) > 999999999999.99 THEN 'amount'
        WHEN counted.purchase_id IS NOT NULL AND counted.nth > 1 THEN 'purchase_id'
    END,
    counted.customer_id,
    CASE WHEN counted.is_own THEN counted.identity ELSE md5(counted.identity::text || counted.nth)::uuid END,
    coalesce(counted.order_id, ''), counted.product, counted.nth, counted.purchased_at, counted.purchased_on,
    CASE WHEN abs(counted.net) <= 999999999999.99 THEN counted.net END, counted.quantity, counted.tax_rate,
    counted.purchase_id
FROM (
    SELECT lines.*, row_number() OVER (PARTITION BY lines.identity ORDER BY lines.line) AS nth
    FROM (
        SELECT priced.*,
            CASE
                WHEN priced.is_own THEN priced.purchase_id
                WHEN priced.purchase_id IS NOT NULL
                    THEN md5(concat_ws(E'\x1f', 'purchase', coalesce(priced.order_id, ''), priced.purchase_id))
                WHEN priced.order_id IS NOT NULL
                    THEN md5(concat_ws(E'\x1f', 'order', priced.order_id, coalesce(priced.product, '')))
                ELSE md5(concat_ws(
                    E'\x1f', 'line', priced.customer_id, extract(epoch FROM priced.purchased_at), priced.net,
                    coalesce(priced.product, ''), coalesce(priced.quantity::text, '')
                ))
            END::uuid AS identity
        FROM (
            SELECT typed.*,
                round(
                    CASE
                        WHEN typed.is_included AND %(basis)s = 'excluded'
                            THEN round(typed.amount / (1 + typed.rate / 100), %(places)s)
                        WHEN NOT typed.is_included AND %(basis)s = 'included'
                            THEN round(typed.amount * (1 + typed.rate / 100), %(places)s)
                        ELSE typed.amount
                    END, 2
                ) AS net
            FROM (
                SELECT staged.line, staged.code, staged.customer_id, staged.order_id, staged.product, staged.status,
                    staged.purchase_id,
                    coalesce(staged.purchase_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', false) AS is_own,
                    staged.purchased_at::timestamptz AS purchased_at,
                    (staged.purchased_at::timestamptz AT TIME ZONE %(zone)s)::date AS purchased_on,
                    staged.amount::numeric AS amount, staged.quantity::numeric(12, 3) AS quantity,
                    staged.tax_rate::numeric(5, 2) AS tax_rate, staged.tax_included::boolean AS is_included,
                    coalesce(staged.tax_rate::numeric, CASE
                        WHEN staged.purchased_at::timestamptz AT TIME ZONE %(zone)s < '1989-04-01' THEN 0
                        WHEN staged.purchased_at::timestamptz AT TIME ZONE %(zone)s < '1997-04-01' THEN 3
                        WHEN staged.purchased_at::timestamptz AT TIME ZONE %(zone)s < '2014-04-01' THEN 5
                        WHEN staged.purchased_at::timestamptz AT TIME ZONE %(zone)s < '2019-10-01' THEN 8
                        ELSE 10
                    END) AS rate
                FROM import_staged AS staged
            ) AS typed
        ) AS priced
    ) AS lines
) AS counted
LEFT JOIN import_codes AS codes ON codes.code = counted.customer_id
WHERE counted.code IS NULL
