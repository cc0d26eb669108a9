package maskmodel_test

import (
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// oracleGrace is how long a value is masked after its last holder let go.
const oracleGrace = 10 * time.Minute

// holders says which values must be masked, from nothing but who holds what: a
// second opinion on what package runtime and package redact do together.
type holders struct {
	now    time.Time
	ticket int
	live   map[any]string          // holder -> value
	ended  map[string]time.Time    // when a holder of the value last let go
	vague  map[string]bool         // the collector decides when the value is let go
	places map[placeID][]released1 // what runtimes know of the stores
}

// Holders: a Secret that the test keeps, a public registration, and what one
// runtime last got for a key of one provider.
type (
	handleID       struct{ n int }
	registrationID struct{ key string }
	placeID        struct {
		rt       int
		provider string
		key      secret.Key
	}
)

// released1 is a value that a runtime released for a place.
type released1 struct {
	value string
	last  int // the newest ticket at that time
}

func newHolders(now time.Time) *holders {
	return &holders{
		now: now, live: map[any]string{}, ended: map[string]time.Time{}, vague: map[string]bool{},
		places: map[placeID][]released1{},
	}
}

// begin numbers a request.
func (h *holders) begin() int { h.ticket++; return h.ticket }

func (h *holders) hold(who any, value string) { h.letGo(who); h.live[who] = value }

// letGo ends a holder at a known time.
func (h *holders) letGo(who any) {
	if v, ok := h.live[who]; ok {
		delete(h.live, who)
		h.ended[v] = h.now
	}
}

// drop ends a holder whose value goes when the collector finds it unreachable.
func (h *holders) drop(who any) {
	if v, ok := h.live[who]; ok {
		h.vague[v] = true
		h.letGo(who)
	}
}

// released notes what a runtime released for a place, to a request that began
// with the ticket: what was released before the request began is replaced.
func (h *holders) released(at placeID, value string, began int) {
	h.forget(at, began)
	h.places[at] = append(h.places[at], released1{value, h.ticket})
}

func (h *holders) forget(at placeID, began int) {
	var kept []released1
	for _, r := range h.places[at] {
		if r.last >= began {
			kept = append(kept, r)
			continue
		}
		h.vague[r.value], h.ended[r.value] = true, h.now
	}
	h.places[at] = kept
}

// closed ends everything that a runtime held.
func (h *holders) closed(rt int, handles []handleID) {
	for _, id := range handles {
		h.letGo(id)
	}
	for at, list := range h.places {
		if at.rt == rt {
			for _, r := range list {
				h.ended[r.value] = h.now
			}
			delete(h.places, at)
		}
	}
}

// mustMask reports whether somebody can still expose the value, or could until
// less than the grace ago.
func (h *holders) mustMask(value string) bool {
	for _, v := range h.live {
		if v == value {
			return true
		}
	}
	for _, list := range h.places {
		for _, r := range list {
			if r.value == value {
				return true
			}
		}
	}
	at, ok := h.ended[value]
	return ok && h.now.Before(at.Add(oracleGrace))
}

// mustPass reports whether nobody has been able to expose the value for the
// grace, and no collector has a part in it.
func (h *holders) mustPass(value string) bool { return !h.mustMask(value) && !h.vague[value] }
