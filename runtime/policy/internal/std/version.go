package std

import (
	"fmt"
	"strconv"
	"strings"
)

// semverGE compares two versions MAJOR.MINOR.PATCH, with or without "v". A
// pre-release is older than its release; two pre-releases compare as text.
func semverGE(have, want string) (bool, error) {
	a, preA, ok1 := parseSemver(have)
	b, preB, ok2 := parseSemver(want)
	switch {
	case !ok1:
		return false, fmt.Errorf("%.64q is not a version such as 1.2.3", have)
	case !ok2:
		return false, checkVersion(want)
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i], nil
		}
	}
	return preA == preB || preA == "" || (preB != "" && preA > preB), nil
}

func checkVersion(s string) error {
	if _, _, ok := parseSemver(s); !ok {
		return fmt.Errorf("%.64q is not a version such as 1.2.3", s)
	}
	return nil
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
