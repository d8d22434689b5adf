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
// they are found through a table of 32-bit numbers with open addressing. An account
// keeps its number for ever, and newer accounts have higher ones: that is how a
// snapshot knows which ones it may see.
type accounts struct {
	blocks [][]ledger.Account
	count  int
	slots  []uint32 // number+1, 0 where empty; a power of two, at most two thirds full
	seen   uint32   // see warm.go

	orderMu sync.Mutex
	order   []uint32 // numbers in order of the accounts' names, as far as anyone has asked
}

const (
	accountsPerBlock = 1 << 16
	leastSlots       = 1 << 10
)

func newAccounts() *accounts { return &accounts{slots: make([]uint32, leastSlots)} }

// loadAccounts makes them of the states in a checkpoint, each of which is another
// account's. There may be millions, and each has its slot at a random place: they are
// warmed some at a time, see warm.go.
func loadAccounts(states []byte) *accounts {
	count, slots := len(states)/accountSize, leastSlots
	for count*3 > slots*2 {
		slots *= 2
	}
	a := &accounts{slots: huge.Slice[uint32](slots)}
	var soon [warmEntries]uint64
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
			some = append(some, hashAccount(state.ID)&uint64(slots-1))
		}
		for _, slot := range some {
			a.seen += a.slots[slot]
		}
		for i, slot := range some {
			for a.slots[slot] != 0 {
				slot = (slot + 1) & uint64(slots-1)
			}
			a.slots[slot] = uint32(a.count - len(some) + i + 1)
		}
	}
	return a
}

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
	mask := uint64(len(a.slots) - 1)
	for i := hashAccount(id) & mask; ; i = (i + 1) & mask {
		number := a.slots[i]
		if number == 0 {
			return 0, false
		}
		if a.at(int(number-1)).ID == id {
			return int(number - 1), true
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
		a.slots = huge.Slice[uint32](2 * len(a.slots))
		for number := range a.count {
			a.enter(number)
		}
	} else {
		a.enter(a.count - 1)
	}
	return a.count - 1
}

// forget takes out the account added last. Nothing was entered after it, so no
// other's way through the table leads past its slot.
func (a *accounts) forget() {
	a.count--
	mask := uint64(len(a.slots) - 1)
	i := hashAccount(a.at(a.count).ID) & mask
	for a.slots[i] != uint32(a.count+1) {
		i = (i + 1) & mask
	}
	a.slots[i] = 0
	*a.at(a.count) = ledger.Account{}
	if a.count%accountsPerBlock == 0 {
		a.blocks = a.blocks[:len(a.blocks)-1]
	}
}

// clone copies everything but the order.
func (a *accounts) clone() *accounts {
	b := &accounts{count: a.count, slots: huge.Slice[uint32](len(a.slots)), blocks: make([][]ledger.Account, len(a.blocks))}
	copy(b.slots, a.slots)
	for i := range a.blocks {
		b.blocks[i] = huge.Slice[ledger.Account](len(a.blocks[i]))
		copy(b.blocks[i][:min(len(a.blocks[i]), a.count-i*accountsPerBlock)], a.blocks[i])
	}
	return b
}

func (a *accounts) enter(number int) {
	mask := uint64(len(a.slots) - 1)
	i := hashAccount(a.at(number).ID) & mask
	for a.slots[i] != 0 {
		i = (i + 1) & mask
	}
	a.slots[i] = uint32(number + 1)
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
