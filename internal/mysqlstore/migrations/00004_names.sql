-- One row for each name, in place of one for each place that a name has.
--
-- A name is looked for before nearly each payment, and is nearly always new. Where the key is
-- the name alone, databases find it by the whole key, and TiDB as one number: it had walked a
-- range of the key for each. Few names have a second place: bulk records that a later
-- command wrote again, and names that two things share.
--
-- What there was is taken over in one statement. Meanwhile no batch begins, on servers of
-- the version before as well; after it these find no table, and stop taking writes.

-- +goose Up

UPDATE head SET aside = 'the database is getting a newer schema: start this server again with the newer tongbao' WHERE id = 1 AND aside = '';

-- names say in which entries a command or a bulk record is. name is 64 bits of the command's
-- id or the record's, with a sign, since MariaDB compares a list of numbers that has none one by
-- one; spots are 8 bytes each, oldest first: 64 times the entry's position, and how far
-- before it its block begins.
CREATE TABLE IF NOT EXISTS names (
    name  BIGINT     NOT NULL,
    spots MEDIUMBLOB NOT NULL,
    PRIMARY KEY (name) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- Empty where this was done before, and something after it failed.
CREATE TABLE IF NOT EXISTS places (
    name BIGINT          NOT NULL,
    spot BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (name, spot) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

SET SESSION group_concat_max_len = 4194304;

INSERT IGNORE INTO names (name, spots)
    SELECT name, GROUP_CONCAT(UNHEX(LPAD(HEX(spot), 16, '0')) ORDER BY spot SEPARATOR '') FROM places GROUP BY name;

DROP TABLE places;

UPDATE head SET aside = '' WHERE id = 1 AND aside LIKE 'the database is getting a newer schema%';
