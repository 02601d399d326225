-- Purpose: take what may be personal out of these events: of their data stay figures, and the texts reports
--          count by (`kept`) as far as none of the person's words stands in them.
-- One row per event. Parameters: events (ids), kept (keys), words. Reads and writes: customers_event.
UPDATE customers_event AS event
   SET data = (
       SELECT COALESCE(jsonb_object_agg(part.key, part.value), '{}')
         FROM jsonb_each(CASE jsonb_typeof(event.data) WHEN 'object' THEN event.data ELSE '{}' END) AS part
        WHERE jsonb_typeof(part.value) IN ('number', 'boolean', 'null')
           OR (part.key = ANY (%(kept)s::text[]) AND jsonb_typeof(part.value) = 'string' AND NOT EXISTS (
                  SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(lower(part.value #>> '{}'), lower(word)) > 0
              ))
   )
 WHERE id = ANY (%(events)s::bigint[]) AND data <> '{}'
