package config

import "slices"

// Closest returns the candidate that name is most likely a misspelling of, or
// "" when none is near: at most a third of the name may differ. Of equally near
// ones the first in byte order wins.
func Closest(name string, candidates []string) string {
	if len(name) > maxNamed {
		return ""
	}
	best, found := max(1, len(name)/3)+1, ""
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(name, c); d < best {
			best, found = d, c
		}
	}
	return found
}

// didYouMean is the end of an error about an unknown name.
func didYouMean(name string, candidates []string) string {
	if c := Closest(name, candidates); c != "" {
		return ", did you mean " + quoted(c) + "?"
	}
	return ""
}

// distance counts the insertions, deletions, substitutions and swaps of
// neighbours that make b of a.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
