package format_test

import (
	"math/rand/v2"
	"strings"
)

// nasty returns values of the characters that readers treat differently: the known
// ones, all pairs, and n random longer ones, which are the same in each run.
func nasty(n int) []string {
	parts := []string{
		"'", `"`, "`", `\`, "$", "{", "}", "(", ")", "#", " ", "\n", "\r", "\t", "=", "!", "~", "&", ";", "|", "<", ">", "*", "?", "[", "%", "@", "a", "n", "r", "1",
		"é", "\u2028", "\x01", "\x7f", "${", "A1", "$(", "EOF", "export ",
	}
	all := values()
	for _, a := range parts {
		for _, b := range parts {
			all = append(all, a+b)
		}
	}
	random := rand.New(rand.NewPCG(4, 4))
	for range n {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(parts[random.IntN(len(parts))])
		}
		all = append(all, b.String())
	}
	return all
}
