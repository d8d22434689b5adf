-- The journal's table in partitions, and where the parts of it are that stand in files.
--
-- Positions are in order of time, so a partition of positions is a stretch of time: it is
-- dropped as a whole once it stands in a file. The store makes the next ones before the
-- newest is reached (partitions.go); what no partition was made for goes into newest.

-- +goose Up

ALTER TABLE journal PARTITION BY RANGE (first) (PARTITION newest VALUES LESS THAN (MAXVALUE));

-- archives are stretches of the journal, without a gap from entry 1 on, and the Parquet
-- files that hold them.
CREATE TABLE IF NOT EXISTS archives (
    first BIGINT UNSIGNED NOT NULL,
    last  BIGINT UNSIGNED NOT NULL,
    file  VARBINARY(1000) NOT NULL,
    PRIMARY KEY (first) /*T![clustered_index] CLUSTERED */
) DEFAULT CHARSET = binary;
