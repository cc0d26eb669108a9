package policy

import (
	"fmt"
	"strings"
)

// ParseLabels reads the labels of a request from entries of the form name=value. If
// a name occurs several times, the last value wins. The result is nil if there are
// no entries.
func ParseLabels(entries []string) (map[string]string, error) {
	var labels map[string]string
	for _, entry := range entries {
		name, value, ok := strings.Cut(entry, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("invalid label %.200q; want name=value", entry)
		}
		if labels == nil {
			labels = make(map[string]string)
		}
		labels[name] = value
	}
	return labels, nil
}
