package policy

import "time"

// Request is everything that a policy may read. It has no field for a value, so a
// policy cannot depend on a value or reveal one. This package does not modify a
// Request or keep it after a call.
type Request struct {
	Caller string            // who asks, for example "uid:1000" or "app"
	Roles  []string          // roles of the caller
	Op     Op                // the operation
	Key    string            // the canonical key
	Labels map[string]string // further facts about the caller
	Time   time.Time         // the time of the decision; the zero Time is denied
}
