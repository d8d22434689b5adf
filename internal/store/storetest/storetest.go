// Package storetest is the promises of package store as tests. Whoever writes a
// store runs it from a test of their own. It knows nothing of how a store keeps
// things: it opens, writes, reads, closes and opens again, and lets the store
// crash where the store's own test knows how to.
package storetest

import (
	"testing"

	"tongbao/internal/store"
)

// Harness is how a store is handled from outside.
type Harness struct {
	// Open opens the store that lives at dir, which is a new folder at first and
	// the same again when the suite opens again. A store that lives elsewhere takes
	// dir as a name.
	Open func(t *testing.T, dir string) store.Store

	// Alone has one test run at a time.
	Alone bool

	// Crash, where there is one, takes the store from under whoever uses it, as a
	// power cut would, and opens it again.
	Crash func(t *testing.T, dir string, s store.Store) store.Store

	// Stall, where there is one, keeps batches from becoming durable until the
	// function it returns is called.
	Stall func(t *testing.T, s store.Store) (release func())
}

// Run checks every promise.
func Run(t *testing.T, h Harness) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
	}{
		{"a new store is empty", newStoreIsEmpty},
		{"a batch is there when it is durable", batchIsThere},
		{"an entry comes back as it was written", entryComesBack},
		{"positions are set by the store", positionsAreSet},
		{"rollback leaves nothing", rollbackLeavesNothing},
		{"a batch that is refused leaves nothing", refusedBatchLeavesNothing},
		{"an empty batch is no batch", emptyBatch},
		{"a command is committed once", commandOnce},
		{"begin waits for its turn", beginWaits},
		{"begin sees what was committed, durable or not", beginSeesCommitted},
		{"readers see what is durable alone", readersSeeDurable},
		{"records are put, overwritten and deleted", recordsChange},
		{"the last of several changes in a batch counts", lastChangeCounts},
		{"rows are replaced with their record", rowsReplaced},
		{"bulk records are found in every state", bulkRecords},
		{"a diary has what moves and what mentions", diaryPages},
		{"scan keeps to its range, both ways", scanRanges},
		{"scan pages while others write", scanPagesWhileWriting},
		{"scan refuses a limit that is not positive", scanNeedsLimit},
		{"accounts are listed in order of their names", accountsListed},
		{"history is newest first, in pages", historyPages},
		{"history shows several legs of one entry", historySeveralLegs},
		{"history at a moment, to the microsecond", historyAtMoment},
		{"the journal is read from any position", journalRead},
		{"await returns when there is more", awaitMore},
		{"a snapshot sees one moment", snapshotOneMoment},
		{"a snapshot verifies", snapshotVerifies},
		{"everything is there after opening again", reopened},
		{"what was acknowledged survives a crash", crashed},
		{"a backup opens as what it was at one moment", backedUp},
		{"a backup wants an empty folder", backupWantsEmpty},
		{"readers and a writer at once", readersAndWriter},
		{"a store that is set aside takes no batch", setAside},
		{"another store takes over the journal as it is", takenOver},
		{"a journal is taken over in parts, there and back", takenOverInParts},
		{"what doesn't follow is not taken over", notTakenOver},
		{"signed heads are taken over", headsTakenOver},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !h.Alone {
				t.Parallel()
			}
			test.run(t, h)
		})
	}
}

// Simple is a harness of a store that can only be opened.
func Simple(open func(t *testing.T, dir string) store.Store) Harness { return Harness{Open: open} }
