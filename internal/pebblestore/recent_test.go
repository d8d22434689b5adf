package pebblestore

import (
	"reflect"
	"testing"
	"unsafe"

	"tongbao/internal/store"
)

// What is kept of a frame outlasts the memory in which the frame lay: at a start its
// texts are views of a buffer that the next frame is read into.
func TestWhatIsKeptOutlastsItsFrame(t *testing.T) {
	buffer := []byte("timertrade/1timer.due2030value")
	view := func(from, to int) string { return unsafe.String(&buffer[from], to-from) }
	record := func() store.Record {
		return store.Record{Key: store.Key{Kind: view(0, 5), ID: view(5, 12)}, Value: buffer[25:30], Terms: []store.Term{{Index: view(12, 21), Sort: view(21, 25)}}}
	}
	key := store.Key{Kind: "timer", ID: "trade/1"}
	want := store.Record{Key: key, Value: []byte("value"), Terms: []store.Term{{Index: "timer.due", Sort: "2030"}}}

	kept := newRecent()
	kept.changed(map[store.Key]recordChange{record().Key: {after: record()}})
	for i := range buffer {
		buffer[i] = 'x'
	}
	got, ok := kept.get(key)
	if !ok || !reflect.DeepEqual(*got, want) {
		t.Fatalf("%+v, %t", got, ok)
	}

	large := store.Record{Key: key, Value: make([]byte, recentBytes+1)}
	for what, after := range map[string]store.Record{"deleted": {Key: key}, "too large": large} {
		kept.changed(map[store.Key]recordChange{key: {after: want}})
		kept.changed(map[store.Key]recordChange{key: {after: after}})
		if got, ok := kept.get(key); ok {
			t.Errorf("%s, and %+v", what, got)
		}
	}
	kept.put(large, kept.changes.Load())
	if got, ok := kept.get(key); ok {
		t.Errorf("too large, read, and %+v", got)
	}
}
