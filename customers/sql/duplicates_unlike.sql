-- Purpose: the texts of pairs whose names or addresses differ but may be spelt differently, to be compared by letters.
--          Companies by their reading where both have one. People whose names and readings both differ are two: a slip
--          is in one of them, and 太郎 タロウ is one letter from 次郎 ジロウ.
-- One row per such pair; a text is null where there is nothing to compare.
-- Reads: temp duplicate_proof, duplicate_forms. Writes: nothing.
SELECT proof.place,
    CASE WHEN names.are_same THEN NULL WHEN names.both_read THEN CASE WHEN NOT proof.are_people THEN one.kana_form END ELSE one.name_form END,
    CASE WHEN names.are_same THEN NULL WHEN names.both_read THEN CASE WHEN NOT proof.are_people THEN other.kana_form END ELSE other.name_form END,
    CASE WHEN proof.both_addresses AND NOT proof.same_address THEN one.address_form END,
    CASE WHEN proof.both_addresses AND NOT proof.same_address THEN other.address_form END
FROM duplicate_proof AS proof
JOIN duplicate_forms AS one ON one.id = proof.first_id
JOIN duplicate_forms AS other ON other.id = proof.second_id
CROSS JOIN LATERAL (
    SELECT proof.same_name OR proof.same_kana AS are_same, one.kana_form <> '' AND other.kana_form <> '' AS both_read
) AS names
WHERE NOT names.are_same OR (proof.both_addresses AND NOT proof.same_address)
