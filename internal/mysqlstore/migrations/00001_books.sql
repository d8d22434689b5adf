-- The first schema: the journal, and what follows from it.
--
-- Names are bytes, and are compared as bytes, so no collation has a say. Each table
-- is clustered by the key by which it is read, on TiDB too, whatever it does by itself.
-- Of these keys only the journal's grows at one end, and it gets one row for up to 64
-- entries; decision 6 says why the others spread and why no number is made up for them.

-- +goose Up

-- head is the one row that orders commits. at is the newest entry's business time;
-- salt is a number nobody outside knows (docs/journal-format.md); fence counts how
-- often somebody had to find out what became of a commit; aside is why no batch may
-- begin, and empty where one may.
CREATE TABLE IF NOT EXISTS head (
    id       TINYINT UNSIGNED NOT NULL,
    position BIGINT UNSIGNED  NOT NULL,
    hash     BINARY(32)       NOT NULL,
    at       BIGINT           NOT NULL,
    salt     INT UNSIGNED     NOT NULL,
    fence    BIGINT UNSIGNED  NOT NULL,
    aside    VARBINARY(1000)  NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- journal has a row for each block of a frame, by the position of its first entry.
-- frame is the frame's header and table, in the row of its first block.
CREATE TABLE IF NOT EXISTS journal (
    first   BIGINT UNSIGNED  NOT NULL,
    entries TINYINT UNSIGNED NOT NULL,
    base    BIGINT           NOT NULL,
    frame   MEDIUMBLOB       NULL,
    block   MEDIUMBLOB       NOT NULL,
    PRIMARY KEY (first) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- heads are the signed heads of the journal, a line each.
CREATE TABLE IF NOT EXISTS heads (
    position BIGINT UNSIGNED NOT NULL,
    line     VARBINARY(512)  NOT NULL,
    PRIMARY KEY (position) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- accounts by kind (1 byte), owner (8) and currency (2), big-endian, so that they
-- stand in order of their names. limits are its tier and what counts against it (keys.go):
-- one value, since a statement of a thousand rows costs by the value.
CREATE TABLE IF NOT EXISTS accounts (
    id        BINARY(11)       NOT NULL,
    balance   BIGINT           NOT NULL,
    held      BIGINT           NOT NULL,
    entries   BIGINT UNSIGNED  NOT NULL,
    last      BIGINT UNSIGNED  NOT NULL,
    limits    VARBINARY(64)    NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- places say in which entry a command is, and in which a bulk record was written by
-- another command than the one that it is named after. name is 64 bits of the
-- command's id or the record's, with a sign, since a list of numbers that has none is compared
-- one by one; spot is 64 times the entry's position, and how far before it its block
-- begins. There are two rows for a payment, so they are two numbers and the key is all.
CREATE TABLE IF NOT EXISTS places (
    name BIGINT          NOT NULL,
    spot BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (name, spot) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- milestones are every 64th entry of an account, so that its history can be entered
-- anywhere.
CREATE TABLE IF NOT EXISTS milestones (
    account  BINARY(11)      NOT NULL,
    number   BIGINT UNSIGNED NOT NULL,
    position BIGINT UNSIGNED NOT NULL,
    at       BIGINT          NOT NULL,
    PRIMARY KEY (account, number) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- records that are not bulk. name is the kind, a zero byte, and the id.
CREATE TABLE IF NOT EXISTS records (
    name  VARBINARY(900) NOT NULL,
    value MEDIUMBLOB     NOT NULL,
    terms MEDIUMBLOB     NOT NULL,
    PRIMARY KEY (name) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

-- terms are the rows of all indexes: place is index, sort, id and kind, parted by
-- zero bytes. position and back say where a bulk record is; 0 for the others.
CREATE TABLE IF NOT EXISTS terms (
    place    VARBINARY(2000) NOT NULL,
    name     VARBINARY(900)  NOT NULL,
    origin   BIGINT UNSIGNED NOT NULL,
    position BIGINT UNSIGNED NOT NULL,
    back     TINYINT UNSIGNED NOT NULL,
    PRIMARY KEY (place) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;
