-- Purpose: who the lines of a list are: by code (own, of another system, or of somebody merged), by e-mail, by name or
-- kana as the search of customers compares them. One customer alone is taken; several, or a code that differs only by
-- leading zeros or case, are candidates to be asked about. A surer way hides the less sure ones.
-- One row per line of the list that nobody was found for so far. Parameters: list.
-- Reads: customers_customer, customers_customercode, customers_contact. Writes: segments_frozenline, temp lines_given, lines_found.
DROP TABLE IF EXISTS pg_temp.lines_given
;;
CREATE TEMP TABLE lines_given AS
SELECT id AS line_id, plain AS code,
       CASE WHEN plain LIKE '%%@%%' THEN lower(plain) END AS email,
       NULLIF(customers_search_form(regexp_replace(plain, ' *(様|御中|殿)$', '')), '') AS name,
       NULLIF(ltrim(lower(plain), '0'), '') AS alike
  FROM (SELECT id, normalize(text, NFKC) AS plain FROM segments_frozenline WHERE frozen_list_id = %(list)s AND customer_id IS NULL) AS line
;;
ANALYZE lines_given
;;
DROP TABLE IF EXISTS pg_temp.lines_found
;;
CREATE TEMP TABLE lines_found AS
SELECT g.line_id, c.id AS customer_id, 'code' AS how
  FROM lines_given AS g JOIN customers_customer AS c ON c.code = g.code
UNION
SELECT g.line_id, o.customer_id, 'code'
  FROM lines_given AS g JOIN customers_customercode AS o ON o.code = g.code
;;
INSERT INTO lines_found
SELECT g.line_id, t.customer_id, 'email'
  FROM lines_given AS g JOIN customers_contact AS t ON t.email = g.email AND t.email <> ''
 WHERE NOT EXISTS (SELECT FROM lines_found AS f WHERE f.line_id = g.line_id)
;;
-- search_text begins with code|name|kana in the form of customers_search_form, so names cost no function a customer.
INSERT INTO lines_found
SELECT g.line_id, c.id, 'name'
  FROM lines_given AS g JOIN customers_customer AS c ON split_part(c.search_text, '|', 2) = g.name
 WHERE NOT EXISTS (SELECT FROM lines_found AS f WHERE f.line_id = g.line_id)
UNION
SELECT g.line_id, c.id, 'name'
  FROM lines_given AS g JOIN customers_customer AS c ON split_part(c.search_text, '|', 3) = g.name
 WHERE c.kana <> '' AND NOT EXISTS (SELECT FROM lines_found AS f WHERE f.line_id = g.line_id)
;;
INSERT INTO lines_found
SELECT g.line_id, c.id, 'alike'
  FROM lines_given AS g JOIN customers_customer AS c ON ltrim(lower(c.code), '0') = g.alike
 WHERE NOT EXISTS (SELECT FROM lines_found AS f WHERE f.line_id = g.line_id)
;;
WITH standing AS (
    SELECT f.line_id, min(f.how) AS how, array_agg(DISTINCT s.id ORDER BY s.id) AS ids
      FROM lines_found AS f
      JOIN customers_customer AS c ON c.id = f.customer_id
      JOIN customers_customer AS s ON s.id = COALESCE(c.merged_into_id, c.id) AND s.archived_at IS NULL
     GROUP BY f.line_id
)
UPDATE segments_frozenline AS line
   SET customer_id = CASE WHEN cardinality(ids) = 1 AND standing.how <> 'alike' THEN ids[1] END,
       how = CASE WHEN cardinality(ids) = 1 AND standing.how <> 'alike' THEN standing.how ELSE '' END,
       candidates = CASE WHEN cardinality(ids) = 1 AND standing.how <> 'alike' THEN '{}' ELSE ids[:20] END
  FROM standing
 WHERE line.id = standing.line_id
