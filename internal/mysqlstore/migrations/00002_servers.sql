-- Who is there: servers share out what is due among those that are (package jobs).
-- It is not part of the books, and nothing about money depends on it.

-- +goose Up

-- servers has a row for each process, with the moment until which it counts as
-- there, in milliseconds by the database's clock. Each moves its own on.
CREATE TABLE IF NOT EXISTS servers (
    name VARBINARY(128)  NOT NULL,
    till BIGINT          NOT NULL,
    PRIMARY KEY (name) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;
