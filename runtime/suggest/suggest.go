package suggest

import "fmt"

// maxLen is the length in bytes beyond which a word is not compared: the work
// grows with the product of two lengths, and a longer word is not a typo.
const maxLen = 200

// Closest returns the candidate that name is most likely a misspelling of, or
// "" if none is close: at most a third of the bytes of name may differ, and at
// least one always may. Among equally close candidates the first in byte order
// wins. name itself is never returned.
func Closest(name string, candidates []string) string {
	if len(name) > maxLen {
		return ""
	}
	limit := max(1, len(name)/3)
	best, bestDistance := "", limit+1
	for _, c := range candidates {
		if c == name || abs(len(c)-len(name)) > limit {
			continue // the lengths alone differ by too much
		}
		d := distance(name, c)
		if d < bestDistance || d == bestDistance && d <= limit && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// listed is how many names [WantOneOf] lists.
const listed = 10

// WantOneOf lists names for the end of a message about an unknown one, such as
// `; want one of a, b`. It is "" if there are none, and of many it lists only the
// first.
func WantOneOf(names []string) string {
	text := ""
	for i, name := range names {
		if i == listed {
			text += fmt.Sprintf(" and %d more", len(names)-listed)
			break
		}
		if i > 0 {
			text += ", "
		}
		text += name
	}
	if text == "" {
		return ""
	}
	return "; want one of " + text
}

func abs(n int) int { return max(n, -n) }

// distance counts the insertions, deletions, replacements and swaps of
// neighboring bytes that turn a into b (optimal string alignment).
func distance(a, b string) int {
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(b)]
}
