package patterns

import (
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
)

// Listed returns the first patterns of a list.
func Listed(l glob.List) string {
	const most = 4
	var texts []string
	for i, g := range l {
		if i == most {
			texts = append(texts, fmt.Sprintf("... %d more", len(l)-most))
			break
		}
		texts = append(texts, g.String())
	}
	return strings.Join(texts, ", ")
}

// CaseNote returns a note if s would match but for upper and lower case, else "".
func CaseNote(l glob.List, s string) string {
	for _, g := range l {
		if differsInCase(g.String(), s) {
			return ", differs only in case"
		}
	}
	return ""
}

func differsInCase(pattern, s string) bool {
	g, err := glob.Parse(strings.ToLower(pattern))
	return err == nil && g.Match(strings.ToLower(s))
}
