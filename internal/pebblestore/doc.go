// Package pebblestore keeps everything Tongbao knows in one folder, on one
// machine, for one process. The truth is a journal: plain files that are only
// ever appended to, one frame per committed batch, each frame hashed together
// with everything before it. A batch has happened when its frame is synced, and
// not before. The rest is what the journal implies up to a position, and says
// which position: accounts stand in memory and are written to a checkpoint now
// and then; records, index rows and command ids stand in a Pebble database that
// has no log of its own. After a crash both are brought forward from where they
// stood by the same code that follows the journal in ordinary running.
//
// It refuses to know what an account, a record or a command is for. It does
// check, before a batch can become durable, that the states handed in are the
// ones that the entries lead to.
//
// The way of a batch, file by file: Begin and Commit (txn.go) load what it
// touches and work out what it changes (follow.go); three goroutines in a row
// (flight.go) encode and hash it (internal/frame), append and sync it (journal.go), and
// apply it to the index (index.go) and the accounts (accounts.go). Only then does
// Wait return, and only then do readers (read.go) see it.
package pebblestore
