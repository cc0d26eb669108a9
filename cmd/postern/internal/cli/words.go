package cli

import "strings"

// words turns a list of named strings into plain ones; it is never null in
// JSON.
func words[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func join(list []string) string { return strings.Join(list, " ") }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
