package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// DevicesOf lists where the principal has signed in, the newest device first.
func (s *Service) DevicesOf(ctx context.Context, who Principal) ([]party.Device, error) {
	r := under("device_by_subject", who.Subject, "", 200)
	r.Reverse = true
	items, err := Devices.Scan(ctx, s.engine.Store(), r)
	return values(items), err
}

// RemoveDevice removes one of the principal's devices. All sessions on it are
// over with that: a session lasts no longer than its device.
// Refusal: not_found.
func (s *Service) RemoveDevice(ctx context.Context, ask Ask, who Principal, device string) error {
	_, err := s.engine.Submit(ctx, removeDevice{id: s.id(ask, "remove_device", who.Subject), Face: who.Face, Subject: who.Subject, Device: device}, ask.By)
	return err
}

type removeDevice struct {
	id      string
	Face    party.Face `cbor:"1,keyasint"`
	Subject string     `cbor:"2,keyasint"`
	Device  string     `cbor:"3,keyasint"`
}

func (c removeDevice) ID() string               { return c.id }
func (c removeDevice) Name() string             { return "remove_device" }
func (c removeDevice) Touches(t *store.Touched) { t.Record(Devices.Key(c.Device)) }

func (c removeDevice) Apply(tx *engine.Tx) (any, error) {
	device, ok := Devices.Get(tx, c.Device)
	if !ok || device.Face != c.Face || device.Subject != c.Subject {
		return nil, refusal.New(refusal.NotFound, "no such device")
	}

	Devices.Delete(tx, c.Device)
	return nil, nil
}

func values[T any](items []engine.Item[T]) []T {
	list := make([]T, len(items))
	for i, item := range items {
		list[i] = item.Value
	}
	return list
}
