package mysqlstore

import "testing"

// Two servers that start together both make the first partitions: the second finds
// that they are there.
func TestPartitionsThatAnotherHasMade(t *testing.T) {
	url := onMariaDB(t).Database(t)
	one, other := mustOpen(t, Options{Address: url}), mustOpen(t, Options{Address: url})
	defer one.Close()
	defer other.Close()
	want := one.parted.Load()
	if want == 0 {
		t.Fatal("the first made none")
	}
	other.parted.Store(0)
	if err := other.part(t.Context(), partEntries); err != nil {
		t.Error(err)
	}
	if got := other.parted.Load(); got != want {
		t.Errorf("the journal has partitions up to %d, the second server says up to %d", want, got)
	}
}
