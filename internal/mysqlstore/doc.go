// Package mysqlstore keeps everything Tongbao knows in a database that speaks
// MySQL's protocol and that several servers share: TiDB, MariaDB (alone or with
// Galera), MySQL 8, OceanBase. The truth is the same journal that the embedded
// store keeps, frame by frame and hash by hash (package frame); its blocks are
// rows. Beside it stand the accounts, the records with their index rows, and where
// each command is, all written in the same transaction.
//
// One row is the head: how many entries there are, and the hash of all of them.
// Whoever writes a batch locks it first, and so has the turn among all servers, as
// who holds a mutex has it within one. Nothing that was read under it can change
// until the batch is committed, so there are no gaps to lock, no deadlocks, and no
// write skew; two servers cannot commit the same command or give out the same
// position, and the order of the journal is the order of the commits. Decision
// 0006 says what that costs. A server that is alone reads and applies a batch while
// the one before it is being written (flight.go), and so does one among others in its
// turn, which a busy one keeps for several batches (turn.go). The last of them is handed
// over while it is written, and another server makes its own on top of it (draft.go); who
// waits for the lock alone reads meanwhile (early.go). Decisions 0011, 0013 and 0016 say
// why that is safe.
//
// It keeps nothing in memory about money beyond a transaction, but what the next
// transaction proves to be still true: everything follows from the head, and a batch
// is written only where the locked head is the one that it was made from. It refuses to
// know what an account, a record or a command is for. It does check, before a
// batch is written, that the states handed in are the ones that the entries lead
// to.
package mysqlstore
