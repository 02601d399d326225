-- Purpose: who the owners named in a file are: as somebody said before, else by e-mail, else by exact name, else by
--          surname; spaces do not count.
-- One row per distinct owner text; user_id empty and no reject = nobody yet.
-- Reads: import_staged, accounts_user, customers_ownername. Writes: import_owners.
INSERT INTO import_owners (owner)
SELECT owner FROM import_staged WHERE owner IS NOT NULL
UNION
SELECT sales_owner FROM import_staged WHERE sales_owner IS NOT NULL
UNION
SELECT deputy FROM import_staged WHERE deputy IS NOT NULL
UNION
SELECT by FROM import_staged WHERE by IS NOT NULL
;;
UPDATE import_owners AS mine SET user_id = known.user_id
FROM customers_ownername AS known
WHERE known.text = mine.owner
;;
UPDATE import_owners AS mine SET user_id = staff.id
FROM accounts_user AS staff
WHERE lower(staff.email) = lower(mine.owner) AND mine.user_id IS NULL
;;
UPDATE import_owners AS mine
SET user_id = CASE WHEN found.people = 1 THEN found.id END,
    reject = CASE WHEN found.people > 1 THEN 'ambiguous_owner' END
FROM (
    SELECT owners.owner, count(*) AS people, min(staff.id) AS id
    FROM import_owners AS owners
    JOIN accounts_user AS staff
      ON lower(replace(normalize(staff.name, NFKC), ' ', '')) = lower(replace(owners.owner, ' ', ''))
    WHERE owners.user_id IS NULL
    GROUP BY owners.owner
) AS found
WHERE found.owner = mine.owner AND mine.user_id IS NULL
;;
UPDATE import_owners AS mine
SET user_id = CASE WHEN found.people = 1 THEN found.id END,
    reject = CASE WHEN found.people > 1 THEN 'ambiguous_owner' END
FROM (
    SELECT owners.owner, count(*) AS people, min(staff.id) AS id
    FROM import_owners AS owners
    JOIN accounts_user AS staff
      ON split_part(normalize(staff.name, NFKC), ' ', 1) = owners.owner
     AND strpos(normalize(staff.name, NFKC), ' ') > 0
    WHERE owners.user_id IS NULL AND owners.reject IS NULL
    GROUP BY owners.owner
) AS found
WHERE found.owner = mine.owner AND mine.user_id IS NULL AND mine.reject IS NULL
