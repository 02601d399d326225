-- Purpose: the texts of pairs whose names or addresses differ but may be spelt differently, to be compared by letters.
--          Names by their reading where both have one.
-- One row per such pair; a text is null where there is nothing to compare.
-- Reads: temp duplicate_proof, duplicate_forms. Writes: nothing.
SELECT proof.place,
    CASE WHEN proof.same_name OR proof.same_kana THEN NULL WHEN one.kana_form <> '' AND other.kana_form <> '' THEN one.kana_form ELSE one.name_form END,
    CASE WHEN proof.same_name OR proof.same_kana THEN NULL WHEN one.kana_form <> '' AND other.kana_form <> '' THEN other.kana_form ELSE other.name_form END,
    CASE WHEN proof.both_addresses AND NOT proof.same_address THEN one.address_form END,
    CASE WHEN proof.both_addresses AND NOT proof.same_address THEN other.address_form END
FROM duplicate_proof AS proof
JOIN duplicate_forms AS one ON one.id = proof.first_id
JOIN duplicate_forms AS other ON other.id = proof.second_id
WHERE NOT (proof.same_name OR proof.same_kana) OR (proof.both_addresses AND NOT proof.same_address)
