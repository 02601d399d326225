-- Purpose: what each pair has in common and what speaks against it. Names and addresses that are neither equal nor
--          missing are compared letter by letter outside (customers/matching.py fills name_alike, address_alike).
--          Head office and branch that are joined already are left out.
-- One row per pair. Reads: temp duplicate_pairs, duplicate_forms. Writes: temp duplicate_proof, duplicate_alike (empty).
DROP TABLE IF EXISTS pg_temp.duplicate_proof
;;
CREATE TEMP TABLE duplicate_proof ON COMMIT DROP AS
SELECT pair.first_id, pair.second_id,
    row_number() OVER () AS place,
    pair.shared & 1 > 0 AS same_email,
    pair.shared & 2 > 0 AS same_mobile,
    pair.shared & 4 > 0 AS same_phone,
    pair.shared & 8 > 0 AS same_number,
    pair.shared & 16 > 0 OR (one.address_form <> '' AND one.address_form = other.address_form) AS same_address,
    one.corporate_number <> '' AND other.corporate_number <> '' AND one.corporate_number <> other.corporate_number AS other_number,
    one.kind = 'person' AND other.kind = 'person' AS are_people,
    one.kind <> other.kind AS other_kind,
    one.name_form <> '' AND one.name_form = other.name_form AS same_name,
    one.kana_form <> '' AND one.kana_form = other.kana_form AS same_kana,
    one.family = other.family AS same_family,
    one.birth_on = other.birth_on AS same_birthday,
    (extract(year FROM one.birth_on) = extract(year FROM other.birth_on))::int
        + (extract(month FROM one.birth_on) = extract(month FROM other.birth_on))::int
        + (extract(day FROM one.birth_on) = extract(day FROM other.birth_on))::int AS birthday_parts,
    one.postal_code <> '' AND one.postal_code = other.postal_code AS same_postal,
    one.address_form <> '' AND other.address_form <> '' AS both_addresses,
    one.branch <> other.branch AS other_branch
FROM duplicate_pairs AS pair
JOIN duplicate_forms AS one ON one.id = pair.first_id
JOIN duplicate_forms AS other ON other.id = pair.second_id
WHERE one.parent_id IS DISTINCT FROM other.id AND other.parent_id IS DISTINCT FROM one.id
  AND (one.parent_id IS NULL OR one.parent_id IS DISTINCT FROM other.parent_id)
;;
DROP TABLE IF EXISTS pg_temp.duplicate_alike
;;
CREATE TEMP TABLE duplicate_alike (place bigint, name smallint, address smallint) ON COMMIT DROP
