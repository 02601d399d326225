-- Purpose: how sure we are that a pair is one customer, and why. Each thing in common leaves a part of the doubt
--          (e-mail 15 %%, 法人番号 5 %%, mobile 25 %%, phone 45 %%, birthday 40 %%, address 50 %%, name 50 to 60 %% …);
--          score = 100 × (1 − product of the parts), then times a factor below 1 for each thing against it.
--          The same 法人番号 at another branch or address is head office and branch, not one customer twice.
-- One row per pair with at least `least` points. Parameters: least, alike (per cent of letters, names),
--          alike_address. Reads: temp duplicate_proof, duplicate_alike. Writes: temp duplicate_found.
DROP TABLE IF EXISTS pg_temp.duplicate_found
;;
CREATE TEMP TABLE duplicate_found ON COMMIT DROP AS
WITH judged AS (
    SELECT proof.*,
        coalesce(alike.name >= %(alike)s, false) AS like_name,
        coalesce(alike.address >= %(alike_address)s, false) AS like_address,
        coalesce(proof.same_birthday, false) AS has_birthday,
        coalesce(proof.birthday_parts < 2, false) AS other_birthday,
        NOT (proof.same_name OR proof.same_kana OR coalesce(alike.name >= %(alike)s, false)) AS other_name,
        proof.both_addresses AND NOT proof.same_address AND NOT coalesce(alike.address >= %(alike_address)s, false) AS other_address
    FROM duplicate_proof AS proof LEFT JOIN duplicate_alike AS alike ON alike.place = proof.place
), weighed AS (
    SELECT judged.*,
        judged.same_number AND NOT judged.are_people AND NOT judged.other_kind AND (judged.other_branch OR judged.other_address) AS is_branch,
        CASE WHEN same_number THEN 0.05 ELSE 1 END
        * CASE WHEN same_email THEN 0.15 ELSE 1 END
        * CASE WHEN same_mobile THEN 0.25 WHEN same_phone THEN 0.45 ELSE 1 END
        * CASE WHEN has_birthday THEN 0.4 ELSE 1 END
        * CASE WHEN same_address THEN 0.5 WHEN like_address THEN 0.7 WHEN same_postal THEN 0.8 ELSE 1 END
        * CASE
            WHEN same_name THEN CASE WHEN are_people THEN 0.6 ELSE 0.5 END
            WHEN same_kana THEN 0.65 WHEN like_name THEN 0.75 ELSE 1
        END AS doubt,
        CASE WHEN other_birthday THEN 0.25 ELSE 1 END
        * CASE WHEN other_number THEN 0.05 ELSE 1 END
        * CASE WHEN other_kind THEN 0.5 ELSE 1 END
        * CASE WHEN NOT other_name THEN 1 WHEN same_number THEN 0.9 WHEN are_people THEN 0.3 ELSE 0.4 END
        * CASE WHEN other_address AND NOT are_people AND NOT same_number THEN 0.8 ELSE 1 END AS against
    FROM judged
), scored AS (
    SELECT weighed.*, round(100 * (1 - doubt) * CASE WHEN is_branch THEN 1 ELSE against END)::smallint AS score FROM weighed
)
SELECT first_id, second_id, CASE WHEN is_branch THEN 'parent' ELSE 'merge' END AS proposal, least(score, 99) AS score,
    array_remove(ARRAY[
        CASE WHEN same_number THEN 'same_number' END,
        CASE WHEN same_email THEN 'same_email' END,
        CASE WHEN same_mobile OR same_phone THEN 'same_phone' END,
        CASE WHEN same_name THEN 'same_name' WHEN same_kana THEN 'same_kana' WHEN like_name THEN 'like_name' END,
        CASE WHEN has_birthday THEN 'same_birthday' END,
        CASE WHEN same_address THEN 'same_address' WHEN like_address THEN 'like_address' WHEN same_postal THEN 'same_postal' END,
        CASE WHEN is_branch AND other_branch THEN 'other_branch' END,
        CASE WHEN other_birthday THEN 'other_birthday' END,
        CASE WHEN other_number THEN 'other_number' END,
        CASE WHEN other_kind THEN 'other_kind' END,
        CASE WHEN other_name AND NOT other_branch THEN CASE WHEN are_people AND same_family THEN 'family' ELSE 'other_name' END END,
        CASE WHEN other_address THEN 'other_address' END
    ], NULL)::varchar(30)[] AS reasons
FROM scored
WHERE score >= %(least)s
;;
ANALYZE duplicate_found
