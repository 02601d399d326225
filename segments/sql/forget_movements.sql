-- Purpose: deletes news of segments that is too old to act on.
-- One row per movement.  Parameters: before.  Reads: segments_movement.  Writes: segments_taken, segments_movement.
DELETE FROM segments_taken AS taken
 USING segments_movement AS news
 WHERE news.id = taken.movement_id AND news.moved_on < %(before)s
;;
DELETE FROM segments_movement WHERE moved_on < %(before)s
