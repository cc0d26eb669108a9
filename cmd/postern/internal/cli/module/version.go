package module

import (
	"cmp"
	"strconv"
	"strings"
)

// olderVersion reports whether a version is older than the pinned one. No version
// is older than any version. Versions that are not numbers separated by dots are
// never older.
func olderVersion(now, pinned string) bool {
	if now == pinned || pinned == "" {
		return false
	}
	if now == "" {
		return true
	}
	n, nRest, ok1 := versionNumbers(now)
	p, pRest, ok2 := versionNumbers(pinned)
	if !ok1 || !ok2 {
		return false
	}
	for i := range max(len(n), len(p)) {
		if c := cmp.Compare(at(n, i), at(p, i)); c != 0 {
			return c < 0
		}
	}
	// A release is newer than its pre-releases.
	return nRest != "" && (pRest == "" || nRest < pRest)
}

// versionNumbers splits a version such as v1.2.0-rc1+build into its numbers and
// its pre-release.
func versionNumbers(version string) (numbers []uint64, pre string, ok bool) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+")
	version, pre, _ = strings.Cut(version, "-")
	for part := range strings.SplitSeq(version, ".") {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return nil, "", false
		}
		numbers = append(numbers, n)
	}
	return numbers, pre, true
}

func at(numbers []uint64, i int) uint64 {
	if i < len(numbers) {
		return numbers[i]
	}
	return 0
}
