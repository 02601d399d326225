-- Purpose: customers as they are compared: customers_search_form of names (any width and kana, 髙 = 高, no legal form),
--          readings without small kana, 1丁目2番3号 = 1-2-3. `place` is the address up to its numbers (1-2-3), `numbers`
--          those alone (with the postal code they name the house), `branch` the 支店, 営業所 … a name ends with,
--          `family` what stands before the space in a person's name, else its first two letters.
-- One row per current customer given (ids null: of all). Parameters: ids.
-- Reads: customers_customer. Writes: temp duplicate_forms.
DROP TABLE IF EXISTS pg_temp.duplicate_forms
;;
CREATE TEMP TABLE duplicate_forms ON COMMIT DROP AS
WITH plain AS (
    SELECT one.id, one.kind, one.birth_on, one.postal_code, one.corporate_number, one.parent_id,
        regexp_replace(btrim(normalize(one.name, NFKC)), '\s+', ' ', 'g') AS name,
        customers_search_form(one.name) AS name_form,
        CASE WHEN one.kana = '' THEN '' ELSE regexp_replace(
            translate(customers_search_form(one.kana), 'ァィゥェォッャュョヮヵヶ', 'アイウエオツヤユヨワカケ'),
            '^(?:カブシキガイシヤ|ユウゲンガイシヤ|ゴウドウガイシヤ)', ''
        ) END AS kana_form,
        CASE WHEN one.address = '' THEN '' ELSE regexp_replace(
            translate(
                regexp_replace(lower(normalize(one.address, NFKC)), '([\d号])\s+(?=\d)', '\1,', 'g'),
                '〇一二三四五六七八九ヶヵケがガ髙﨑德濵邉邊齋齊斎澤嶋國廣櫻‐‑–−—―ー ',
                '0123456789ガガガガガ高崎徳浜辺辺斉斉斉沢島国広桜-------'
            ),
            '^(?:東京都|北海道|京都府|大阪府|[^0-9-]{2,3}県)', ''
        ) END AS address
    FROM customers_customer AS one
    WHERE one.archived_at IS NULL AND one.erased_at IS NULL AND (%(ids)s::bigint[] IS NULL OR one.id = ANY (%(ids)s::bigint[]))
), houses AS (
    SELECT plain.id, plain.kind, plain.birth_on, plain.postal_code, plain.corporate_number, plain.parent_id,
        plain.name, plain.name_form, plain.kana_form,
        CASE WHEN plain.address ~ '丁目|番|号|十|大字' THEN regexp_replace(
            regexp_replace(
                regexp_replace(regexp_replace(regexp_replace(plain.address, '(\d)十(\d)', '\1\2', 'g'), '(\d)十', '\1' || '0', 'g'), '十(\d)', '1\1', 'g'),
                '大字|字(?=\D)', '', 'g'
            ),
            '(?:丁目|番地の|番地|番|号室|号|(?<=\d)の(?=\d))-?', '-', 'g'
        ) ELSE regexp_replace(plain.address, '(\d)の(\d)', '\1-\2', 'g') END AS address_form
    FROM plain
)
SELECT houses.id, houses.kind, houses.birth_on, houses.postal_code, houses.corporate_number, houses.parent_id,
    houses.name_form, houses.kana_form,
    CASE WHEN houses.name LIKE '%% %%' THEN customers_search_form(split_part(houses.name, ' ', 1)) ELSE left(houses.name_form, 2) END AS family,
    coalesce(substring(houses.name_form FROM '(.{0,6}(?:支店|支社|支局|支部|分店|営業所|出張所|事業所|事業部|工場|センタ))$'), '') AS branch,
    rtrim(houses.address_form, '-') AS address_form,
    coalesce(house.numbers, '') AS numbers,
    CASE WHEN house.numbers IS NULL THEN '' ELSE left(houses.address_form, strpos(houses.address_form, house.numbers) - 1) || house.numbers END AS place
FROM houses
CROSS JOIN LATERAL (SELECT substring(houses.address_form FROM '(\d+(?:-\d+)+)') AS numbers) AS house
;;
CREATE UNIQUE INDEX ON duplicate_forms (id)
;;
ANALYZE duplicate_forms
