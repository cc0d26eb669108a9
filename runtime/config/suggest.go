package config

import "github.com/postern-project/postern/runtime/suggest"

// Closest returns the candidate that name is most likely a misspelling of, or
// "" if none is close. See [suggest.Closest].
func Closest(name string, candidates []string) string { return suggest.Closest(name, candidates) }

// didYouMean is the end of an error about an unknown name.
func didYouMean(name string, candidates []string) string {
	if c := suggest.Closest(name, candidates); c != "" {
		return ", did you mean " + quoted(c) + "?"
	}
	return ""
}
