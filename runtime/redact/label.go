package redact

import (
	"container/heap"
	"slices"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// label is a key of a value, with the reasons to mask the value under it. A value may
// have very many: each function here but retired and shown takes a time that grows with
// the logarithm of their number at most.
type label struct {
	key    string
	claims []claim     // sorted by compare
	index  int         // of this label in the labels of the value
	gone   atomic.Bool // the value has lost it
	ends   time.Time   // when the registry looks at it again; zero if no claim expires

	counted bool    // in the tallies of the value
	shown   showing // as it was counted
}

// claim is a reason to mask a value: the registration of its key, or all holds of the
// key that have the same hint.
type claim struct {
	registered bool // false for holds
	hint       hint
	live       int       // holders that have not let go
	until      time.Time // when the grace of the others is over
}

// compare orders claims. A key has at most one registration, regardless of its hint,
// and one claim for all holds with the same hint.
func (c *claim) compare(d claim) int {
	switch {
	case c.registered && d.registered:
		return 0
	case c.registered:
		return -1
	case d.registered:
		return 1
	}
	return c.hint.compare(d.hint)
}

func (c *claim) expired(now time.Time) bool { return c.live == 0 && !now.Before(c.until) }

func (l *label) find(c claim) (int, bool) {
	return slices.BinarySearchFunc(l.claims, c, func(a, b claim) int { return a.compare(b) })
}

// live reports whether somebody has not let go.
func (l *label) live() bool {
	return slices.ContainsFunc(l.claims, func(c claim) bool { return c.live > 0 })
}

// showing is what the mask may show of a value because of some of its claims.
type showing struct {
	hint hint
	live bool // one of the claims has a holder
}

// than reports whether s decides about the mask rather than t: claims with holders go
// before the others, and what reveals less before what reveals more.
func (s showing) than(t showing) bool {
	if s.live != t.live {
		return s.live
	}
	return s.hint.compare(t.hint) < 0
}

// showing returns what decides among the claims of the label.
func (l *label) showing() (least showing) {
	for i := range l.claims {
		if s := (showing{l.claims[i].hint, l.claims[i].live > 0}); i == 0 || s.than(least) {
			least = s
		}
	}
	return least
}

// tally is how many labels of a value have the same showing.
type tally struct {
	showing
	labels int
}

// recount notes that the claims of a label changed.
func (v *value) recount(l *label) {
	if l.counted {
		v.count(l.shown, -1)
	}
	if l.counted = len(l.claims) > 0; l.counted {
		l.shown = l.showing()
		v.count(l.shown, 1)
	}
}

func (v *value) count(s showing, labels int) {
	i := slices.IndexFunc(v.tallies, func(t tally) bool { return t.showing == s })
	if i < 0 {
		v.tallies, i = append(v.tallies, tally{showing: s}), len(v.tallies)
	}
	if v.tallies[i].labels += labels; v.tallies[i].labels == 0 {
		v.tallies = slices.Delete(v.tallies, i, i+1)
	}
}

// labels is a heap with the smallest key first.
type labels []*label

var _ heap.Interface = (*labels)(nil)

func (ls labels) Len() int           { return len(ls) }
func (ls labels) Less(i, j int) bool { return ls[i].key < ls[j].key }

func (ls labels) Swap(i, j int) {
	ls[i], ls[j] = ls[j], ls[i]
	ls[i].index, ls[j].index = i, j
}

func (ls *labels) Push(x any) {
	l := x.(*label)
	l.index = len(*ls)
	*ls = append(*ls, l)
}

func (ls *labels) Pop() any {
	last := len(*ls) - 1
	l := (*ls)[last]
	(*ls)[last] = nil
	*ls = (*ls)[:last]
	return l
}

// fewLabels is up to how many labels are searched one by one.
const fewLabels = 8

// label returns the label with a key, nil if there is none.
func (v *value) label(key string) *label {
	if v.byKey != nil {
		return v.byKey[key]
	}
	for _, l := range v.labels {
		if l.key == key {
			return l
		}
	}
	return nil
}

// claim adds one holder to claim c of a key, and returns the label of the key. A
// registration has one holder at most, and takes the new hint.
func (v *value) claim(key string, c claim) *label {
	l := v.label(key)
	if l == nil {
		l = &label{key: key}
		v.attach(l)
	}
	i, found := l.find(c)
	if !found {
		l.claims = slices.Insert(l.claims, i, c)
	}
	if own := &l.claims[i]; c.registered {
		own.live, own.hint = 1, c.hint
	} else {
		own.live++
	}
	v.recount(l)
	v.rename()
	return l
}

func (v *value) attach(l *label) {
	heap.Push(&v.labels, l)
	switch {
	case v.byKey != nil:
		v.byKey[l.key] = l
	case len(v.labels) > fewLabels:
		v.byKey = make(map[string]*label, 2*len(v.labels))
		for _, other := range v.labels {
			v.byKey[other.key] = other
		}
	}
	// Readers of the old list do not look at what is after its end.
	listed := append(v.list(), l)
	v.listed.Store(&listed)
}

func (v *value) detach(l *label) {
	heap.Remove(&v.labels, l.index)
	delete(v.byKey, l.key)
	l.gone.Store(true)
	v.gone++
	if list := v.list(); v.gone > len(list)/2 {
		listed := append(make([]*label, 0, len(v.labels)), v.labels...)
		v.listed.Store(&listed)
		v.gone = 0
	}
}

func (v *value) list() []*label {
	if p := v.listed.Load(); p != nil {
		return *p
	}
	return nil
}

// unregister makes the registration of a key, which may be retired already, expire
// at the given time. It returns the label of the key, nil if there is none.
func (v *value) unregister(key string, until time.Time) *label {
	l := v.label(key)
	if l != nil {
		if i, found := l.find(claim{registered: true}); found {
			l.claims[i].live, l.claims[i].until = 0, until
		}
	}
	return l
}

// release removes one holder from the holds with the given hint, which do not expire
// before the given time.
func (l *label) release(h hint, until time.Time) {
	i, found := l.find(claim{hint: h})
	if !found {
		return
	}
	own := &l.claims[i]
	own.live--
	if own.until.Before(until) {
		own.until = until
	}
}

// expire drops the expired claims of a label, and the label if it has no others. It
// returns when the next one will expire; zero if all others have holders.
func (v *value) expire(l *label, now time.Time) (next time.Time) {
	l.claims = slices.DeleteFunc(l.claims, func(c claim) bool { return c.expired(now) })
	for i := range l.claims {
		if c := &l.claims[i]; c.live == 0 && (next.IsZero() || c.until.Before(next)) {
			next = c.until
		}
	}
	v.recount(l)
	if len(l.claims) == 0 {
		v.detach(l)
	}
	if len(v.labels) > 0 {
		v.rename()
	}
	return next
}

// retired reports whether all holders have let go.
func (v *value) retired() bool {
	return !slices.ContainsFunc(v.labels, (*label).live)
}

// rename makes the mask from the smallest key. If the claims of the value differ in what
// they show, it is the hint that reveals the least: of the claims with holders, if there
// are any.
func (v *value) rename() {
	least := v.tallies[0].showing
	for _, t := range v.tallies[1:] {
		if t.than(least) {
			least = t.showing
		}
	}
	key, h := v.labels[0].key, least.hint
	if of := (maskOf{key, h.text}); v.mask.Load() == nil || of != v.masked {
		v.mask.Store(&masks{maskFor(key, h.text), maskFor(key, ""), h.text})
		v.masked = of
	}
}

// shown reports whether show is true for all keys of the value. It is not asked about a
// key that is not UTF-8: such a label stands for keys that nobody noted.
func (v *value) shown(show func(key string) bool) bool {
	shown := false
	for _, l := range v.list() {
		if l.gone.Load() {
			continue
		}
		if !utf8.ValidString(l.key) || !show(l.key) {
			return false
		}
		shown = true
	}
	return shown
}
