-- Purpose: the RFM segment every customer had at the end of the day before a period, as the night stored it.
-- One row per customer. Parameters: first_on.  Reads: scores_scoresnapshot.  Writes: temp segment_at_start.
INSERT INTO segment_at_start (eve, customer_id, rfm_segment)
SELECT as_of, customer_id, rfm_segment FROM scores_scoresnapshot WHERE as_of = %(first_on)s::date - 1
