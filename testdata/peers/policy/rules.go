package policy

import (
	"fmt"
	"strings"
)

// request is what every engine is asked.
type request struct{ role, op, key string }

// The rules: the role rI reads the keys beneath spaceI/, and nobody writes
// beneath space1/, where the role writer otherwise may.

// each writes one line for every rule.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "$", fmt.Sprint(i)) + "\n")
	}
	return b.String()
}

// requests asks for all kinds of answers; the rule in the middle is the one
// that a scan meets after half of its way.
func requests(n int) (all []request, want []bool) {
	middle, last := fmt.Sprint(n/2), fmt.Sprint(n-1)
	return []request{
		{"r" + middle, "get", "space" + middle + "/db/password"},
		{"r" + last, "get", "space" + last + "/token"},
		{"r" + middle, "get", "space" + last + "/token"},
		{"r" + middle, "set", "space" + middle + "/db/password"},
		{"writer", "set", "space1/db/password"},
		{"writer", "set", "space2/db/password"},
	}, []bool{true, true, false, false, false, true}
}
