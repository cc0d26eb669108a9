package lattice

import (
	"hash/maphash"
	"slices"
	"strings"
	"testing"
)

// list is a Finder for sorted values.
type list []string

func (l list) Bytes(id uint32) ([]byte, bool)    { return []byte(l[id]), true }
func (l list) Found(uint32, int, int, bool) bool { return true }

// covered is a Finder for sorted values that notes where something was found.
type covered struct {
	list
	is []bool
}

func (c *covered) Found(_ uint32, start, end int, _ bool) bool {
	for i := start; i < end; i++ {
		c.is[i] = true
	}
	return true
}

// TM-156: where a search gives up, because it takes too many steps or a place has too
// many readings, what was read counts as a value: none is shown.
func TestTM156GivenUp(t *testing.T) {
	t.Parallel()
	for _, bound := range []string{"steps at one place", "steps in the text"} {
		gave := 0
		for _, begin := range []string{`\\\\`, "'+'+'+", "''''''", "+ + ", "%25%25", `\\'\\'`, "$'$'"} {
			for _, n := range []int{20, 100, 400} {
				v := strings.Repeat(begin, n/len(begin)+1) + `x"y z-2024`
				vals := list{v + "1", v + "2!"}
				for _, escape := range []*strings.Replacer{
					strings.NewReplacer(`\`, `\\`, `"`, `\"`), strings.NewReplacer("'", "''", `"`, `""`),
					strings.NewReplacer("%", "%25", "+", "%2B", " ", "+", `"`, "%22", `\`, "%5C", "'", "%27"),
				} {
					before := "text "
					if bound == "steps in the text" {
						before = strings.Repeat(begin, 800)
					}
					escaped := escape.Replace(v + "2!")
					text := before + escaped
					c := &covered{list: vals, is: make([]bool, len(text))}
					x := NewIndex(maphash.MakeSeed(), len(vals), func(i int) (uint32, []byte) { return uint32(i), []byte(vals[i]) }, nil)
					var r Reader
					r.Set([]byte(text), true)
					r.Search(x, 0, len(text), c)
					if i := slices.Index(c.is[len(before):], false); i >= 0 {
						t.Errorf("%s, %.6q, %d: %.40q is shown at %d of %d", bound, begin, n, escaped, i, len(escaped))
					}
					gave += r.givenUp
				}
			}
		}
		if gave == 0 {
			t.Errorf("%s: no search gave up", bound)
		}
	}
}

// A text that can be read in very many ways costs a bounded amount of work for each byte.
func TestSearchIsBounded(t *testing.T) {
	t.Parallel()
	vals := list{strings.Repeat(`\`, 400) + "x!", strings.Repeat("'+", 200) + "y!", strings.Repeat(" ", 300) + "z!", strings.Repeat("A", 400) + "x!"}
	slices.Sort(vals)
	x := NewIndex(maphash.MakeSeed(), len(vals), func(i int) (uint32, []byte) { return uint32(i), []byte(vals[i]) }, nil)
	for _, text := range []string{strings.Repeat(`\`, 4000), strings.Repeat("'+", 2000), strings.Repeat("+", 4000), strings.Repeat("%25", 2000), strings.Repeat("''", 2000),
		strings.Repeat(`\x41\`, 1000), strings.Repeat(`\x41;`, 1000), strings.Repeat(`\65\&`, 1000), strings.Repeat(`\u[41]`, 1000), strings.Repeat(`\U41`, 1000)} {
		var r Reader
		r.Set([]byte(text+" "), true)
		r.Search(x, 0, len(text), vals)
		if most := 32*len(text) + 1<<16; r.work > most {
			t.Errorf("%.8q...: %d steps for %d bytes, want at most %d", text, r.work, len(text), most)
		}
	}
}
