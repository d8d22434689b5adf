package sim

import "testing"

// Who comes back while nothing can be written is let in all the same, until the end
// that his session had: the simulation took that for an answer that could not be given
// after a sync that failed (seed 4, step 94,637 of the soak).
func TestWhoComesBackWhileNothingCanBeWrittenIsLetIn(t *testing.T) {
	for _, mishap := range []mishap{cutBefore, cutTorn, cutLost, cutKept, cutTold, failWrite, failLost, failKept, diskFull} {
		t.Run(mishap.String(), func(t *testing.T) {
			back := one(14*day, command{Act: actReturn, Key: "back", From: "join"})
			back.mishap, back.nth = mishap, 1
			again := one(15*day, command{Act: actReturn, Key: "again", From: "join"})
			mustGo(t, one(0, command{Act: actJoin, Key: "join", Amount: 3569, Text: "13900003569"}), back, again)
		})
	}
}
