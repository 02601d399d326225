-- Purpose: what is below 0 among the goods of an order (coupon, points, money given back) is no refund of its own but
--          comes off the other lines in proportion, to the last yen; an order is never below 0 for it.
-- One row per line of an order that has both. Parameters: places.
-- Reads: import_ready_purchases. Writes: import_ready_purchases.
UPDATE import_ready_purchases AS line
SET amount = CASE
        WHEN shared.amount > 0
            THEN round(shared.upto * shared.total / shared.positive, %(places)s)
                - round((shared.upto - shared.amount) * shared.total / shared.positive, %(places)s)
        ELSE 0
    END
FROM (
    SELECT ready.line, ready.amount,
        greatest(sum(ready.amount) OVER (PARTITION BY ready.order_id), 0) AS total,
        sum(greatest(ready.amount, 0)) OVER (PARTITION BY ready.order_id) AS positive,
        min(ready.amount) OVER (PARTITION BY ready.order_id) AS lowest,
        sum(greatest(ready.amount, 0)) OVER (
            PARTITION BY ready.order_id ORDER BY ready.product COLLATE "C", ready.nth, ready.line
            ROWS UNBOUNDED PRECEDING
        ) AS upto
    FROM import_ready_purchases AS ready
    WHERE ready.reject IS NULL AND ready.order_id <> ''
) AS shared
WHERE line.line = shared.line AND shared.positive > 0 AND shared.lowest < 0
