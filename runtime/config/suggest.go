package config

import "github.com/postern-project/postern/runtime/suggest"

// didYouMean returns the end of an error about an unknown name.
func didYouMean(name string, candidates []string) string {
	if c := suggest.Closest(name, candidates); c != "" {
		return ", did you mean " + quoted(c) + "?"
	}
	return ""
}
