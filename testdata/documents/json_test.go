package documents_test

import (
	"math/rand/v2"
	"strings"
)

func jsonDocument(r *rand.Rand) document {
	w := newWriter(r)
	if w.one(12) {
		w.feed = "\r"
	}
	indent := w.pick("", "", "  ", "\t", "    ")
	if w.one(3) {
		indent = "-" // one line
	}
	w.line(w.jsonObject("", indent, 0))
	return w.finish()
}

func (w *writer) jsonObject(path, indent string, depth int) string {
	w.table(path)
	var members []string
	for range w.IntN(5) {
		name := w.name()
		value := w.jsonValue(join(path, name), indent, depth)
		members = append(members, `"`+w.pick(name, name, name, `\u006b`+name[1:])+`"`+w.pick(": ", ":", " : ")+value)
	}
	if len(members) == 0 {
		return w.pick("{}", "{ }", "{"+w.feed+"}")
	}
	if indent == "-" {
		return "{" + strings.Join(members, w.pick(", ", ",")) + "}"
	}
	pad := w.feed + strings.Repeat(indent, depth+1)
	return "{" + pad + strings.Join(members, ","+pad) + w.feed + strings.Repeat(indent, depth) + "}"
}

func (w *writer) jsonValue(path, indent string, depth int) string {
	if depth < 3 && w.one(4) {
		return w.jsonObject(path, indent, depth+1)
	}
	switch w.IntN(8) {
	case 0:
		return w.pick("[]", `[1, {"x": "}"}]`, `["a,b", [null]]`)
	case 1:
		return "null"
	}
	w.leaf(path)
	return w.pick(`"x"`, `"a, \"b\" {"`, `"\u00e9\ud83d\ude00\n"`, `""`, "1", "-0.5", "1.10", "1e3", "98765432109876543210", "true", "false", `"é"`)
}
