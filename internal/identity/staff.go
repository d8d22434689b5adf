package identity

import (
	"context"

	"tongbao/internal/engine"
	"tongbao/internal/party"
	"tongbao/internal/refusal"
	"tongbao/internal/store"
)

// NewColleague is somebody who is to work for a merchant or the platform.
type NewColleague struct {
	Login    string
	Name     string
	Role     party.Role
	Password party.Secret
}

// check reads the parts and hashes the password.
func (s *Service) check(ctx context.Context, n *NewColleague) (hash party.Hash, err error) {
	if n.Login, err = party.ParseLoginName(n.Login); err != nil {
		return "", err
	}
	if n.Name, err = party.ParseColleagueName(n.Name); err != nil {
		return "", err
	}
	if err := party.CheckLoginPassword(n.Password, n.Login); err != nil {
		return "", err
	}
	return s.hash(ctx, n.Password)
}

func checkStaffRole(role party.Role) error {
	if !role.OfStaff() {
		return refusal.In("role", refusal.InvalidField, "the role must be owner, manager, cashier or viewer")
	}
	return nil
}

// AddStaff lets somebody work for a merchant.
// Refusals: invalid_field (login, name, role), password_weak, login_taken, not_found.
func (s *Service) AddStaff(ctx context.Context, ask Ask, merchant uint64, n NewColleague) (party.Staff, error) {
	if err := checkStaffRole(n.Role); err != nil {
		return party.Staff{}, err
	}
	hash, err := s.check(ctx, &n)
	if err != nil {
		return party.Staff{}, err
	}
	cmd := addStaff{id: s.id(ask, "add_staff", party.FormatID(merchant)), Merchant: merchant, Login: n.Login, Called: n.Name, Role: n.Role, Staff: "stf_" + s.text(16), Hash: hash}
	return s.staffAnswer(ctx)(engine.Result[string](s.engine.Submit(ctx, cmd, ask.By)))
}

// staffAnswer reads the member of staff whose id a command answered.
func (s *Service) staffAnswer(ctx context.Context) func(string, error) (party.Staff, error) {
	return func(id string, err error) (party.Staff, error) {
		if err != nil {
			return party.Staff{}, err
		}
		m, ok, err := Staff.Read(ctx, s.engine.Store(), id)
		if err == nil && !ok {
			err = errNoStaff()
		}
		return m, err
	}
}

func errNoStaff() error { return refusal.New(refusal.NotFound, "no such member of staff") }

type addStaff struct {
	id       string
	Merchant uint64     `cbor:"1,keyasint"`
	Login    string     `cbor:"2,keyasint"`
	Called   string     `cbor:"3,keyasint"`
	Role     party.Role `cbor:"4,keyasint"`
	Staff    string     `cbor:"-"`
	Hash     party.Hash `cbor:"-"`
}

func (c addStaff) ID() string   { return c.id }
func (c addStaff) Name() string { return "add_staff" }
func (c addStaff) Touches(t *store.Touched) {
	t.Record(Merchants.Key(party.FormatID(c.Merchant)), Staff.Key(c.Staff), logins.Key(loginID(party.MerchantFace, c.Login)))
}

func (c addStaff) Apply(tx *engine.Tx) (any, error) {
	m, err := merchant(tx, c.Merchant)
	if err != nil {
		return nil, err
	}
	if err := loginFree(tx, party.MerchantFace, c.Login); err != nil {
		return nil, err
	}

	staff := party.Staff{ID: c.Staff, Merchant: c.Merchant, Name: c.Called, LoginAs: c.Login, Role: c.Role, Created: tx.NowMilli()}
	staff.Login.Set(c.Hash, tx.NowMilli())
	Staff.Put(tx, c.Staff, staff)
	logins.Put(tx, loginID(party.MerchantFace, c.Login), login{Subject: c.Staff})
	if c.Role == party.Owner {
		m.Owners++
		Merchants.Put(tx, party.FormatID(c.Merchant), m)
	}
	return c.Staff, nil
}

// Team lists a merchant's staff, the longest there first.
func (s *Service) Team(ctx context.Context, merchant uint64) ([]party.Staff, error) {
	items, err := Staff.Scan(ctx, s.engine.Store(), under("staff_by_merchant", party.FormatID(merchant), "", 1000))
	return values(items), err
}

// StaffChange is what may change about a member of staff; nil leaves a thing as
// it is. A new password ends their sessions; a new role counts at once.
type StaffChange struct {
	Name     *string
	Role     *party.Role
	Password *party.Secret
}

// UpdateStaff changes a member of a merchant's staff.
// Refusals: invalid_field (name, role), password_weak, not_found, last_owner.
func (s *Service) UpdateStaff(ctx context.Context, ask Ask, merchant uint64, id string, change StaffChange) (party.Staff, error) {
	cmd := updateStaff{id: s.id(ask, "update_staff", id), Merchant: merchant, Staff: id, NewPassword: change.Password != nil}
	var err error
	if change.Name != nil {
		if cmd.Called, err = party.ParseColleagueName(*change.Name); err != nil {
			return party.Staff{}, err
		}
	}
	if change.Role != nil {
		if err := checkStaffRole(*change.Role); err != nil {
			return party.Staff{}, err
		}
		cmd.Role = *change.Role
	}
	if change.Password != nil {
		if err := party.CheckLoginPassword(*change.Password, ""); err != nil {
			return party.Staff{}, err
		}
		if cmd.Hash, err = s.hash(ctx, *change.Password); err != nil {
			return party.Staff{}, err
		}
	}
	return s.staffAnswer(ctx)(engine.Result[string](s.engine.Submit(ctx, cmd, ask.By)))
}

type updateStaff struct {
	id          string
	Merchant    uint64     `cbor:"1,keyasint"`
	Staff       string     `cbor:"2,keyasint"`
	Called      string     `cbor:"3,keyasint,omitempty"` // empty: stays
	Role        party.Role `cbor:"4,keyasint,omitempty"`
	NewPassword bool       `cbor:"5,keyasint,omitempty"`
	Hash        party.Hash `cbor:"-"`
}

func (c updateStaff) ID() string   { return c.id }
func (c updateStaff) Name() string { return "update_staff" }
func (c updateStaff) Touches(t *store.Touched) {
	t.Record(Merchants.Key(party.FormatID(c.Merchant)), Staff.Key(c.Staff))
}

func (c updateStaff) Apply(tx *engine.Tx) (any, error) {
	m, err := merchant(tx, c.Merchant)
	if err != nil {
		return nil, err
	}
	staff, ok := Staff.Get(tx, c.Staff)
	if !ok || staff.Merchant != c.Merchant {
		return nil, errNoStaff()
	}
	was := staff.Role
	if c.Role != "" {
		staff.Role = c.Role
	}
	if err := m.OwnerChange(was, staff.Role); err != nil {
		return nil, err
	}

	if c.Called != "" {
		staff.Name = c.Called
	}
	if c.NewPassword {
		staff.Login.Set(c.Hash, tx.NowMilli())
	}
	Staff.Put(tx, c.Staff, staff)
	Merchants.Put(tx, party.FormatID(c.Merchant), m)
	return c.Staff, nil
}

// RemoveStaff ends somebody's work for a merchant, and all their sessions.
// Refusals: not_found, last_owner.
func (s *Service) RemoveStaff(ctx context.Context, ask Ask, merchant uint64, id string) error {
	cmd := removeStaff{id: s.id(ask, "remove_staff", id), Merchant: merchant, Staff: id}
	if done, err := s.repeated(ctx, ask, cmd); done || err != nil {
		return err
	}
	staff, ok, err := Staff.Read(ctx, s.engine.Store(), id)
	if err != nil {
		return err
	}
	if !ok {
		return errNoStaff()
	}
	cmd.Login = staff.LoginAs // a login name never changes
	_, err = s.engine.Submit(ctx, cmd, ask.By)
	return err
}

type removeStaff struct {
	id       string
	Merchant uint64 `cbor:"1,keyasint"`
	Staff    string `cbor:"2,keyasint"`
	Login    string `cbor:"-"`
}

func (c removeStaff) ID() string   { return c.id }
func (c removeStaff) Name() string { return "remove_staff" }
func (c removeStaff) Touches(t *store.Touched) {
	t.Record(Merchants.Key(party.FormatID(c.Merchant)), Staff.Key(c.Staff), logins.Key(loginID(party.MerchantFace, c.Login)))
}

func (c removeStaff) Apply(tx *engine.Tx) (any, error) {
	m, err := merchant(tx, c.Merchant)
	if err != nil {
		return nil, err
	}
	staff, ok := Staff.Get(tx, c.Staff)
	if !ok || staff.Merchant != c.Merchant {
		return nil, errNoStaff()
	}
	if err := m.OwnerChange(staff.Role, ""); err != nil {
		return nil, err
	}

	Staff.Delete(tx, c.Staff)
	logins.Delete(tx, loginID(party.MerchantFace, staff.LoginAs))
	Merchants.Put(tx, party.FormatID(c.Merchant), m)
	return nil, nil
}
