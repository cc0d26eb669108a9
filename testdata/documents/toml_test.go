package documents_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

func tomlDocument(r *rand.Rand) document {
	w := newWriter(r)
	w.table("")
	w.tomlBody("", 2)
	for range w.IntN(5) {
		w.tomlSection()
	}
	return w.finish()
}

// tomlSection writes a header, perhaps of a list, and what is below it.
func (w *writer) tomlSection() {
	names := []string{w.name()}
	for w.one(3) {
		names = append(names, w.name())
	}
	path, header := strings.Join(names, "/"), w.tomlKey(names)
	if w.one(4) {
		for range 1 + w.IntN(2) {
			w.line("[[", header, "]]", w.behind())
			w.tomlHidden()
		}
		return
	}
	if w.one(3) {
		w.line()
	}
	if len(names) > 1 && w.one(2) {
		w.table(names[0])
	}
	w.line(w.pick("", "", " "), "[", header, "]", w.behind())
	w.table(path)
	w.tomlBody(path, 2)
	if w.one(3) {
		sub := w.name()
		w.line("[", header, ".", sub, "]", w.behind())
		w.table(join(path, sub))
		w.tomlBody(join(path, sub), 1)
	}
}

// tomlHidden writes members of a list, which have no keys.
func (w *writer) tomlHidden() {
	doc := w.doc
	w.tomlBody("", 1)
	w.doc.keys, w.doc.tables = doc.keys, doc.tables
}

func (w *writer) tomlBody(path string, depth int) {
	for range w.IntN(5) {
		switch w.IntN(6) {
		case 0:
			w.line(w.pick("", "  "), w.comment(1))
		case 1:
			w.line()
		case 2:
			if depth > 0 {
				w.tomlDotted(path)
			}
		default:
			name := w.name()
			w.line(w.pick("", "", "  "), w.tomlKey([]string{name}), w.equals(), w.tomlValue(join(path, name), depth), w.behind())
		}
	}
}

func (w *writer) tomlDotted(path string) {
	first := w.name()
	inner := first
	if w.one(3) {
		inner = first + "/" + w.name()
	}
	for range 1 + w.IntN(3) {
		name := w.name()
		names := append(strings.Split(inner, "/"), name)
		w.line(w.tomlKey(names), w.equals(), w.tomlValue(join(path, inner+"/"+name), 0), w.behind())
	}
	w.table(join(path, inner))
	w.table(join(path, first))
}

func (w *writer) equals() string { return w.pick(" = ", " = ", "=", "  =  ") }

func (w *writer) tomlKey(names []string) string {
	var parts []string
	for _, n := range names {
		parts = append(parts, w.pick(n, n, n, `"`+n+`"`, `'`+n+`'`))
	}
	return strings.Join(parts, w.pick(".", ".", " . ", ". "))
}

func (w *writer) tomlValue(path string, depth int) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if depth > 0 {
		switch w.IntN(7) {
		case 0:
			return w.tomlInline(path, depth-1)
		case 1:
			return fmt.Sprintf("[%d,%s2, { x = '%sv' }]", w.IntN(9), w.pick(" ", w.feed+"  "), name)
		}
	}
	w.leaf(path)
	return w.pick(
		fmt.Sprint(w.IntN(100000)), "0xDEAD", "1_000", "1.5", "1e3", "inf", "-17", "9223372036854775807", "3.10",
		"true", "false", "1979-05-27T07:32:00Z", "1979-05-27", "07:32:00",
		`"`+name+`v"`, `"a # \" `+name+`v"`, `'`+name+`v \'`, `"\u00e9`+name+`v\n"`,
		`"""`+w.feed+"x # no"+w.feed+name+`v"""`, `'''x'`+w.feed+"[y]"+w.feed+"z = "+name+`v'''`, `""`,
	)
}

func (w *writer) tomlInline(path string, depth int) string {
	w.table(path)
	var members []string
	dotted := ""
	for range w.IntN(4) {
		if dotted == "" && w.one(3) || dotted != "" && w.one(2) {
			if dotted == "" {
				dotted = w.name()
				w.table(join(path, dotted))
			}
			name := w.name()
			members = append(members, w.tomlKey([]string{dotted, name})+w.equals()+w.tomlSimple(join(path, dotted+"/"+name)))
			continue
		}
		name := w.name()
		value := ""
		if depth > 0 && w.one(3) {
			value = w.tomlInline(join(path, name), depth-1)
		} else {
			value = w.tomlSimple(join(path, name))
		}
		members = append(members, w.tomlKey([]string{name})+w.equals()+value)
	}
	if len(members) == 0 {
		return w.pick("{}", "{ }")
	}
	space := w.pick(" ", "")
	return "{" + space + strings.Join(members, w.pick(", ", ",", " , ")) + space + "}"
}

func (w *writer) tomlSimple(path string) string {
	w.leaf(path)
	return w.pick("1", "'a, b'", `"}"`, "true", "1.5", `"# x"`)
}
