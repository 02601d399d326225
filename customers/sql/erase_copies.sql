-- Purpose: empty the raw copies that hold one of the person's words: rejected rows of files, calls of SDKs, answers of
--          the API kept for a day, news sent out. An e-mail address or a phone's digits count wherever they stand, a
--          name or code where it is the whole cell or value.
-- One row per copy. Parameters: words and json_words (patterns of LIKE, lower case), cells (whole cells without
-- spaces), gone (what a cell holds afterwards).
-- Reads and writes: customers_importreject, customers_received, accounts_idempotentcall, accounts_webhookmessage.
UPDATE customers_importreject AS reject
   SET cells = array_fill(%(gone)s::text, ARRAY[cardinality(cells)])
 WHERE EXISTS (
     SELECT FROM unnest(reject.cells) AS cell
      WHERE lower(normalize(cell, NFKC)) LIKE ANY (%(words)s::text[])
         OR regexp_replace(normalize(cell, NFKC), '[-()\s]', '', 'g') LIKE ANY (%(words)s::text[])
         OR regexp_replace(normalize(cell, NFKC), '\s', '', 'g') = ANY (%(cells)s::text[])
 )
;;
UPDATE customers_received SET payload = '{}' WHERE lower(payload::text) LIKE ANY (%(json_words)s::text[])
;;
UPDATE accounts_idempotentcall SET body = NULL WHERE lower(body::text) LIKE ANY (%(json_words)s::text[])
;;
UPDATE accounts_webhookmessage SET payload = '{}' WHERE lower(payload::text) LIKE ANY (%(json_words)s::text[])
