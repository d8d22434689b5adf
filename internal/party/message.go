package party

// Message is something a person is told in the wallet. The screens have the
// words, by kind and in both languages; the record has what goes into them.
type Message struct {
	ID      string            `cbor:"1,keyasint"`
	Person  uint64            `cbor:"2,keyasint"`
	At      int64             `cbor:"3,keyasint"`
	Kind    string            `cbor:"4,keyasint"` // shipped, transfer_in, security_new_device, …
	Params  map[string]string `cbor:"5,keyasint,omitempty"`
	Payment string            `cbor:"6,keyasint,omitempty"` // what it is about
	Dispute string            `cbor:"7,keyasint,omitempty"`
	Read    bool              `cbor:"8,keyasint,omitempty"`
}
