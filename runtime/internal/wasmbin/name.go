package wasmbin

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFuncName is the length in bytes to which the name of a function is cut: mangled
// names are long, and a trace prints one per call.
const maxFuncName = 200

// funcName is the name of the function with an index.
type funcName struct {
	index uint32
	name  string
}

// names writes a name section with the function names under their new indexes, and
// the names of the added functions. Names are optional: a broken section ends
// where it breaks.
func (t *meter) names() []byte {
	all := []funcName{{t.tick, TickModule + "." + TickName}, {t.slow, FuelGlobal}}
	for i, p := range t.parts {
		all = append(all, funcName{t.slow + 1 + uint32(i), ReservedPrefix + p.Name()})
	}
	for _, n := range t.funcNames() {
		all = append(all, funcName{t.remap(n.index), n.name})
	}
	slices.SortFunc(all, func(a, b funcName) int { return cmp.Compare(a.index, b.index) })
	entries := appendU32(nil, uint32(len(all)))
	for _, n := range all {
		entries = appendName(appendU32(entries, n.index), n.name)
	}
	content := append(appendName(nil, "name"), functionNames)
	content = appendU32(content, uint32(len(entries)))
	return append(content, entries...)
}

// functionNames is the id of the subsection that traces need.
const functionNames = 1

// funcNames returns the function names, in the order of their functions.
func (t *meter) funcNames() []funcName {
	for _, c := range t.m.Customs {
		if c.Name != "name" {
			continue
		}
		r := &reader{b: c.Payload, end: len(c.Payload)}
		for !r.done() {
			id := r.byte("a part of the names")
			part := r.sub(r.u32("a part of the names"), "a part of the names")
			if id == functionNames && part.err == nil {
				return t.readNames(part)
			}
		}
	}
	return nil
}

func (t *meter) readNames(r *reader) (names []funcName) {
	n := r.count(len(t.m.Functions), "function names")
	for i := 0; i < n; i++ {
		f := funcName{r.u32("a function's index"), printable(r.name("a function's name"))}
		ascends := len(names) == 0 || f.index > names[len(names)-1].index
		if r.err != nil || !ascends || int64(f.index) >= int64(len(t.m.Functions)) {
			break
		}
		names = append(names, f)
	}
	return names
}

// printable cuts a name and replaces characters that could forge a line of a log.
func printable(name string) string {
	if len(name) > maxFuncName {
		name = name[:maxFuncName]
		for !utf8.ValidString(name) {
			name = name[:len(name)-1]
		}
	}
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, name)
}
