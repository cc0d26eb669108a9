package secret

import "time"

// Event says that a secret changed. It has the version of the value and never the
// value itself: call Get to read it. Several changes of a key may be merged into
// one event.
type Event struct {
	Seq      uint64 // increases strictly within one subscription
	Kind     EventKind
	Key      Key       // "" for Resync, Lagged and for a Degraded of the whole provider
	Version  string    // of the new value, "" if the provider has no versions
	Prev     string    // version of the previous value, "" if unknown
	Provider string    // the name of the provider that has the value
	Missed   uint64    // for Lagged: the number of dropped events, 0 if it is not known
	At       time.Time // when the host noticed the change
}

// EventKind is the kind of an [Event].
type EventKind string

// The kinds of events.
const (
	EventAdded    EventKind = "added"    // the key is new
	EventRotated  EventKind = "rotated"  // the value or its version changed
	EventRemoved  EventKind = "removed"  // the store confirmed that the key is gone
	EventResync   EventKind = "resync"   // anything may have changed: read again; the first event of a Watch
	EventLagged   EventKind = "lagged"   // Missed events were dropped; a Resync follows
	EventDegraded EventKind = "degraded" // the provider fails; its last values remain in use
)
