-- What is being written, for whoever comes next: where several busy servers share the
-- database, each makes its batch on top of the one that another is writing. Like turn it is
-- a courtesy: what is made so is written only where the journal then ends with that very
-- batch, and a server that knows nothing of it does no harm.

-- +goose Up

-- draft is one row: a batch whose server has locked the head and is writing it. base is
-- the journal's end before it, position the end after it, frame its bytes as the journal
-- is going to have them. In turn stands from now on which end has been taken by a server
-- that makes its batch on top of it; others leave the head to that one.
CREATE TABLE IF NOT EXISTS draft (
    id       TINYINT UNSIGNED NOT NULL,
    base     BIGINT UNSIGNED  NOT NULL,
    position BIGINT UNSIGNED  NOT NULL,
    frame    LONGBLOB         NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;

INSERT IGNORE INTO turn (id, position, rest) VALUES (1, 0, 0);

INSERT IGNORE INTO draft (id, base, position, frame) VALUES (1, 0, 0, '');
