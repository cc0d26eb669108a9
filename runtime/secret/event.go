package secret

import "time"

// Event says that something changed. It is a hint with a version, never a
// value: to learn the new state, call Get.
type Event struct {
	Seq      uint64 // strictly rising within one subscription
	Kind     EventKind
	Key      Key       // "" for Resync, Lagged and Degraded of a whole provider
	Version  string    // of the new value, "" if the provider has none
	Prev     string    // of the value before, "" if unknown
	Provider string    // who holds the value
	Missed   uint64    // for Lagged: how many events were dropped
	At       time.Time // when the host saw the change
}

// EventKind tells events apart.
type EventKind string

// The kinds of events.
const (
	EventAdded    EventKind = "added"    // a key came
	EventRotated  EventKind = "rotated"  // its value or version changed
	EventRemoved  EventKind = "removed"  // the store said authoritatively that it is gone
	EventResync   EventKind = "resync"   // read everything again; the first event of a Watch
	EventLagged   EventKind = "lagged"   // Missed events were dropped; a Resync follows
	EventDegraded EventKind = "degraded" // the provider fails; last values stay
)
