package pebblestore

import (
	"fmt"
	"slices"
	"sort"
	"sync"

	"tongbao/internal/huge"
	"tongbao/internal/ledger"
)

// accounts is every account's state, in memory. A million accounts are a million
// entries of a hundred bytes without a pointer in them, in blocks that never move,
// so that the garbage collector has nothing to follow and growing copies nothing;
// they are found through a table with open addressing. An account
// keeps its number for ever, and newer accounts have higher ones: that is how a
// snapshot knows which ones it may see.
type accounts struct {
	blocks [][]ledger.Account
	count  int
	slots  []slot // a power of two, at most two thirds full
	seen   uint32 // see warm.go

	orderMu sync.Mutex
	order   []uint32 // numbers in order of the accounts' names, as far as anyone has asked
}

// slot is where an account may stand in the table. Its tag is 32 bits more of the
// name's hash: who passes a slot that is another's need not go to that one's account
// to see it, which lies far away.
type slot struct {
	next uint32 // number+1, 0 where empty
	tag  uint32
}

const (
	accountsPerBlock = 1 << 16
	leastSlots       = 1 << 10
)

func newAccounts() *accounts { return &accounts{slots: make([]slot, leastSlots)} }

// loadAccounts makes them of the states in a checkpoint, each of which is another
// account's. There may be millions, and each has its slot at a random place: they are
// warmed some at a time, see warm.go.
func loadAccounts(states []byte) *accounts {
	count, slots := len(states)/accountSize, leastSlots
	for count*3 > slots*2 {
		slots *= 2
	}
	a := &accounts{slots: huge.Slice[slot](slots)}
	var soon [warmEntries]uint64 // hashes
	mask := uint64(slots - 1)
	for a.count < count {
		some := soon[:0]
		for a.count < count && len(some) < warmEntries {
			if a.count%accountsPerBlock == 0 {
				a.blocks = append(a.blocks, huge.Slice[ledger.Account](accountsPerBlock))
			}
			state := a.at(a.count)
			*state = parseState(states)
			states = states[accountSize:]
			a.count++
			some = append(some, hashAccount(state.ID))
		}
		for _, hash := range some {
			a.seen += a.slots[hash&mask].next
		}
		for i, hash := range some {
			a.enter(a.count-len(some)+i, hash)
		}
	}
	return a
}

func tagOf(hash uint64) uint32 { return uint32(hash >> 16) }

func hashAccount(id ledger.AccountID) uint64 {
	h := id.Owner ^ uint64(id.Kind)<<56 ^ uint64(id.Currency)<<40
	h = (h ^ h>>32) * 0x9E3779B97F4A7C15
	return (h ^ h>>29) * 0xBF58476D1CE4E5B9 >> 16
}

func (a *accounts) at(number int) *ledger.Account {
	return &a.blocks[number/accountsPerBlock][number%accountsPerBlock]
}

// find returns an account's number.
func (a *accounts) find(id ledger.AccountID) (int, bool) {
	hash, mask := hashAccount(id), uint64(len(a.slots)-1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := a.slots[i]
		if s.next == 0 {
			return 0, false
		}
		if number := int(s.next - 1); s.tag == tagOf(hash) && a.at(number).ID == id {
			return number, true
		}
	}
}

// likely returns the number+1 that the account has, if it is there at all; 0 where
// it isn't. Only the table is looked at.
func (a *accounts) likely(id ledger.AccountID) uint32 {
	hash, mask := hashAccount(id), uint64(len(a.slots)-1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := a.slots[i]; s.next == 0 || s.tag == tagOf(hash) {
			return s.next
		}
	}
}

// get returns an account's state, the zero account where nothing has happened.
func (a *accounts) get(id ledger.AccountID) ledger.Account {
	if number, ok := a.find(id); ok {
		return *a.at(number)
	}
	return ledger.Account{ID: id}
}

// number returns an account's number, after adding it where it is new.
func (a *accounts) number(id ledger.AccountID) int {
	if number, ok := a.find(id); ok {
		return number
	}
	return a.add(ledger.Account{ID: id})
}

// put replaces an account's state, or adds it.
func (a *accounts) put(state ledger.Account) {
	if number, ok := a.find(state.ID); ok {
		*a.at(number) = state
		return
	}
	a.add(state)
}

// set replaces the state of the account with a number, or adds it as the next.
func (a *accounts) set(number int, state ledger.Account) {
	if number < a.count {
		*a.at(number) = state
		return
	}
	if a.add(state) != number {
		panic(fmt.Sprintf("pebblestore: account %s is number %d where %d was to be", state.ID, a.count-1, number))
	}
}

func (a *accounts) add(state ledger.Account) int {
	if a.count%accountsPerBlock == 0 {
		a.blocks = append(a.blocks, huge.Slice[ledger.Account](accountsPerBlock))
	}
	*a.at(a.count) = state
	a.count++
	if a.count*3 > len(a.slots)*2 {
		a.slots = huge.Slice[slot](2 * len(a.slots))
		for number := range a.count {
			a.enter(number, hashAccount(a.at(number).ID))
		}
	} else {
		a.enter(a.count-1, hashAccount(state.ID))
	}
	return a.count - 1
}

// forget takes out the account added last. Nothing was entered after it, so no
// other's way through the table leads past its slot.
func (a *accounts) forget() {
	a.count--
	mask := uint64(len(a.slots) - 1)
	i := hashAccount(a.at(a.count).ID) & mask
	for a.slots[i].next != uint32(a.count+1) {
		i = (i + 1) & mask
	}
	a.slots[i] = slot{}
	*a.at(a.count) = ledger.Account{}
	if a.count%accountsPerBlock == 0 {
		a.blocks = a.blocks[:len(a.blocks)-1]
	}
}

// clone copies everything but the order.
func (a *accounts) clone() *accounts {
	b := &accounts{count: a.count, slots: huge.Slice[slot](len(a.slots)), blocks: make([][]ledger.Account, len(a.blocks))}
	copy(b.slots, a.slots)
	for i := range a.blocks {
		b.blocks[i] = huge.Slice[ledger.Account](len(a.blocks[i]))
		copy(b.blocks[i][:min(len(a.blocks[i]), a.count-i*accountsPerBlock)], a.blocks[i])
	}
	return b
}

func (a *accounts) enter(number int, hash uint64) {
	mask := uint64(len(a.slots) - 1)
	i := hash & mask
	for a.slots[i].next != 0 {
		i = (i + 1) & mask
	}
	a.slots[i] = slot{uint32(number + 1), tagOf(hash)}
}

// page returns the numbers of up to limit accounts in order of their names, from
// the one after on, as far as they are numbered below count. The order is worked
// out when somebody asks, from what has been added since the last time.
func (a *accounts) page(after ledger.AccountID, limit, count int) []int {
	a.orderMu.Lock()
	defer a.orderMu.Unlock()
	byName := func(x, y uint32) int { return a.at(int(x)).ID.Compare(a.at(int(y)).ID) }
	if have := len(a.order); have < a.count {
		added := make([]uint32, 0, a.count-have)
		for number := have; number < a.count; number++ {
			added = append(added, uint32(number))
		}
		slices.SortFunc(added, byName)
		a.order = merge(a.order, added, byName)
	}
	var page []int
	from := sort.Search(len(a.order), func(i int) bool { return a.at(int(a.order[i])).ID.Compare(after) > 0 })
	for _, number := range a.order[from:] {
		if len(page) == limit {
			break
		}
		if int(number) < count {
			page = append(page, int(number))
		}
	}
	return page
}

// merge makes one ordered list of two.
func merge(a, b []uint32, compare func(x, y uint32) int) []uint32 {
	if len(a) == 0 {
		return b
	}
	merged := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compare(a[0], b[0]) < 0 {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return append(append(merged, a...), b...)
}
