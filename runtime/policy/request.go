package policy

import (
	"fmt"
	"strings"
	"time"
)

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

// ParseLabels reads the labels of a request from entries of the form name=value. A
// name that occurs several times is an error. The result is nil if there are no
// entries.
func ParseLabels(entries []string) (map[string]string, error) {
	var labels map[string]string
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("invalid label %.200q; want name=value", entry)
		}
		if _, twice := labels[name]; twice {
			return nil, fmt.Errorf("the label %.200q is given twice", name)
		}
		if labels == nil {
			labels = make(map[string]string)
		}
		labels[name] = value
	}
	return labels, nil
}
