package policy

import (
	"fmt"
	"strings"
)

// request is what every engine decides.
type request struct{ role, op, key string }

// The rules: the role rN may read the keys under spaceN/, and the role writer may
// write any key except those under space1/.

// each returns n lines, with $ replaced by the number of the line.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "$", fmt.Sprint(i)) + "\n")
	}
	return b.String()
}

// requests returns requests of every kind and whether each is allowed. A linear
// scan finds the rule in the middle after half of the rules.
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
