-- Whose turn it is, where several busy servers share the database: a server that has more
-- to write keeps its turn for several batches, and says so here. It is a courtesy and no
-- lock: nothing about money depends on it, and a server that knows nothing of it does no
-- harm.

-- +goose Up

-- turn is one row. Whoever wrote the journal's entry at position has another batch
-- ready, and others leave the head to it for so many milliseconds. Where the journal
-- ends with another entry it says nothing.
CREATE TABLE IF NOT EXISTS turn (
    id       TINYINT UNSIGNED NOT NULL,
    position BIGINT UNSIGNED  NOT NULL,
    rest     INT UNSIGNED     NOT NULL,
    PRIMARY KEY (id) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;
