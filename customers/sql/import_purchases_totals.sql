-- Purpose: an order's total repeated on each of its lines counts once: on the line that comes first by product and number
--          (whatever the order of the file), 0 on the others, and 0 on all where a line stored from another file has it.
--          Nothing happens where lines of one order differ: then the amounts are the lines' own.
-- One row per line that does not carry the total. Reads: import_ready_purchases, import_staged, customers_purchase.
-- Writes: import_ready_purchases.
UPDATE import_ready_purchases AS line SET amount = 0
FROM (
    SELECT ready.line, ready.order_id, ready.amount,
        row_number() OVER (PARTITION BY ready.order_id ORDER BY ready.product COLLATE "C", ready.nth, ready.line) AS place
    FROM import_ready_purchases AS ready
    WHERE ready.reject IS NULL AND ready.order_id <> ''
) AS placed
LEFT JOIN (
    SELECT stored.order_id, stored.amount
    FROM customers_purchase AS stored
    LEFT JOIN import_ready_purchases AS ready ON ready.line_key = stored.line_key
    WHERE stored.order_id <> '' AND stored.amount <> 0 AND ready.line IS NULL
    GROUP BY stored.order_id, stored.amount
) AS carried ON carried.order_id = placed.order_id AND carried.amount = placed.amount
WHERE line.line = placed.line AND (placed.place > 1 OR carried.order_id IS NOT NULL)
  AND NOT EXISTS (
    SELECT FROM import_ready_purchases AS ready
    JOIN import_staged AS staged ON staged.line = ready.line
    WHERE ready.reject IS NULL AND ready.order_id <> ''
    GROUP BY ready.order_id
    HAVING min(staged.amount::numeric) <> max(staged.amount::numeric)
  )
