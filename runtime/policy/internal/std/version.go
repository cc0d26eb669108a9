package std

import (
	"strconv"
	"strings"
)

// semverGE compares two versions MAJOR.MINOR.PATCH, with or without "v". A
// pre-release is older than its release; two pre-releases compare as text. A text
// that is not a version is never enough.
func semverGE(have, want string) bool {
	a, preA, ok1 := parseSemver(have)
	b, preB, ok2 := parseSemver(want)
	if !ok1 || !ok2 {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return preA == preB || preA == "" || (preB != "" && preA > preB)
}

func parseSemver(s string) (v [3]int, pre string, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	s, pre, _ = strings.Cut(s, "-")
	parts := strings.Split(s, ".")
	if len(parts) > 3 {
		return v, "", false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return v, "", false
		}
		v[i] = int(n)
	}
	return v, pre, true
}
