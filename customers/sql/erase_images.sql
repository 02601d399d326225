-- Purpose: take what was personal out of the before-images of imports, and out of what an undo noted as kept.
-- One row per image of one of the rows given. Parameters: model, ids, columns.
-- Reads and writes: customers_importchange, customers_undokept.
UPDATE customers_importchange
   SET before = before - %(columns)s::text[], after = after - %(columns)s::text[]
 WHERE model = %(model)s AND row_id = ANY (%(ids)s::bigint[])
;;
UPDATE customers_undokept
   SET now = '', before = ''
 WHERE model = %(model)s AND row_id = ANY (%(ids)s::bigint[]) AND (field = '' OR field = ANY (%(columns)s::text[]))
