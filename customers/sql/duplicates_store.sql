-- Purpose: makes the open pairs equal to those found (among customers `ids`, null: all). Rejected and merged pairs stay
--          as they are; pairs no longer alike are "gone", and open again should they be found again.
-- One row: added (new or open again), changed, gone. Parameters: ids, now.
-- Reads: temp duplicate_found. Writes: customers_duplicate.
WITH gone AS (
    UPDATE customers_duplicate AS pair SET state = 'gone'
    WHERE pair.state = 'open'
      AND (%(ids)s::bigint[] IS NULL OR pair.first_id = ANY (%(ids)s::bigint[]) OR pair.second_id = ANY (%(ids)s::bigint[]))
      AND NOT EXISTS (SELECT FROM duplicate_found AS found WHERE found.first_id = pair.first_id AND found.second_id = pair.second_id)
    RETURNING 1
), again AS (
    UPDATE customers_duplicate AS pair SET state = 'open', score = found.score, reasons = found.reasons, proposal = found.proposal
    FROM duplicate_found AS found
    WHERE found.first_id = pair.first_id AND found.second_id = pair.second_id AND pair.state IN ('open', 'gone')
      AND (pair.state, pair.score, pair.reasons, pair.proposal) IS DISTINCT FROM ('open', found.score, found.reasons, found.proposal)
    RETURNING 1
), added AS (
    INSERT INTO customers_duplicate (first_id, second_id, proposal, score, reasons, state, found_at)
    SELECT found.first_id, found.second_id, found.proposal, found.score, found.reasons, 'open', %(now)s
    FROM duplicate_found AS found
    WHERE NOT EXISTS (
        SELECT FROM customers_duplicate AS pair WHERE pair.first_id = found.first_id AND pair.second_id = found.second_id
    )
    ORDER BY found.score DESC, found.first_id
    RETURNING 1
)
SELECT (SELECT count(*) FROM added) AS added, (SELECT count(*) FROM again) AS changed, (SELECT count(*) FROM gone) AS gone
