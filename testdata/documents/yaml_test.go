package documents_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

func yamlDocument(r *rand.Rand) document {
	w := newWriter(r)
	if w.one(12) {
		w.feed = "\r"
	}
	if w.one(6) {
		w.line(w.comment(1))
	}
	if w.one(8) {
		if w.one(4) {
			w.line("%YAML 1.2")
		}
		w.line("---", w.behind())
	}
	if w.one(6) {
		w.line(w.yamlFlow("", 2, "  "))
		return w.finish()
	}
	w.table("")
	anchor := ""
	if w.one(3) {
		anchor = w.name()
		w.line(anchor, ": &", anchor, " ", w.pick("s", "'s'", "{x: 1}", "[1, 2]"), w.behind())
	}
	w.yamlBlock("", "", 3, anchor)
	if w.one(10) {
		w.line("...")
	}
	return w.finish()
}

func (w *writer) yamlBlock(path, indent string, depth int, anchor string) {
	members := 1 + w.IntN(4)
	for range members {
		switch w.IntN(9) {
		case 0:
			w.line(indent, w.comment(1))
			continue
		case 1:
			w.line(w.pick("", "", indent))
			continue
		case 2:
			if w.one(4) {
				w.line("# c", fmt.Sprint(w.IntN(1000000)), " less indented")
				continue
			}
		}
		w.yamlMember(path, indent, depth, anchor)
	}
	w.yamlMember(path, indent, depth, anchor)
}

func (w *writer) yamlMember(path, indent string, depth int, anchor string) {
	name := w.name()
	at := join(path, name)
	key := w.pick(name, name, name, name, `"`+name+`"`, "'"+name+"'", "!!str "+name, "&"+name+"k "+name) + w.pick(":", ":", ":", " :")
	if w.one(12) {
		key = "? " + name + w.behind() + w.feed + indent + ":"
	}
	tag := w.pick("", "", "", "", "", " !!str", " &"+name+"a", " !!str &"+name+"b")
	switch n := w.IntN(12); {
	case n == 0 && depth > 0:
		w.line(indent, key, w.pick("", "", " !!map", " &"+name+"m"), w.behind())
		w.table(at)
		w.yamlBlock(at, indent+w.pick("  ", "  ", "    "), depth-1, anchor)
	case n == 1 && depth > 0:
		w.line(indent, key, " ", w.yamlFlow(at, 2, indent+"  "), w.behind())
	case n == 2:
		w.line(indent, key, w.behind())
		in := indent + w.pick("", "  ")
		if strings.HasPrefix(key, "?") {
			in = indent + "  "
		}
		for range 1 + w.IntN(2) {
			w.line(in, "- ", w.pick("x", "{y: 1}", "'# z'", "|"+w.feed+in+"    t"))
		}
	case n == 3:
		w.line(indent, key, w.behind()) // null
	case n == 4 && anchor != "":
		w.line(indent, key, " *", anchor, w.behind())
	case n < 8:
		header := w.pick("|", ">", "|-", ">-", "|+", ">+", "|2", "|2-")
		pad := indent + "  "
		if !strings.Contains(header, "2") {
			pad = indent + w.pick("  ", "   ", "    ")
		}
		if strings.HasPrefix(key, "?") && len(pad) < len(indent)+3 {
			pad += "  "
			header = strings.ReplaceAll(header, "2", "")
		}
		w.line(indent, key, tag, " ", header, w.behind())
		w.leaf(at)
		for range w.IntN(3) {
			w.line(pad, w.pick("x", "# no comment", "a: b", "  more", "'q"))
			if w.one(4) {
				w.line(w.pick("", indent))
			}
		}
		w.line(pad, name, "v")
		for w.one(4) {
			w.line(w.pick("", pad+" ", pad+"\t", pad+" \t ", pad+"\t\t")) // those that are deeper are text
		}
	default:
		w.leaf(at)
		w.line(indent, key, tag, " ", w.pick("x", "x y", "1", "1.10", "0644", "1_000", "true", "2001-12-14", "a#b", "http://x/y?z",
			`"a # b"`, `"\u00e9\n"`, "'it''s'", `"a`+w.feed+indent+"   "+name+`v"`, "'a"+w.feed+indent+"   "+name+"v'",
			"a"+w.feed+indent+"   "+name+"v", `""`, "''", "é"), w.behind())
	}
}

func (w *writer) yamlFlow(path string, depth int, indent string) string {
	w.table(path)
	lines := w.one(3)
	margin := indent
	if w.one(2) || path == "" {
		margin = strings.TrimSuffix(indent, "  ") // of the key
	}
	var b strings.Builder
	b.WriteString("{")
	members := w.IntN(4)
	for i := range members {
		if lines {
			if c := w.comment(4); c != "" && i > 0 {
				b.WriteString(w.feed + indent + c)
			}
			b.WriteString(w.feed + indent)
		} else if i > 0 {
			b.WriteString(w.pick(" ", " ", ""))
		}
		name := w.name()
		at := join(path, name)
		b.WriteString(w.pick(name, name, `"`+name+`"`, "!!str "+name, "&"+name+"k "+name, "? "+name) + ": ")
		switch n := w.IntN(8); {
		case n == 0 && depth > 0:
			b.WriteString(w.yamlFlow(at, depth-1, indent+"  "))
		case n == 1:
			b.WriteString(w.pick("[1, '}']", "[]", "[{x: 1}]", "['x'"+w.feed+indent+"]"))
		default:
			w.leaf(at)
			b.WriteString(w.pick("", "", "!!str ", "&"+name+"a ") + w.pick("x", "x y", "1", "1.10", "'a, b'", `"}"`, "true", `"# x"`))
		}
		last := i == members-1
		if !last || w.one(6) {
			b.WriteString(",")
		}
		if lines {
			if c := w.comment(4); c != "" {
				b.WriteString(" " + c)
				if last {
					b.WriteString(w.feed + margin)
				}
			}
		}
	}
	if lines && !strings.HasSuffix(b.String(), w.feed+margin) {
		b.WriteString(w.feed + margin)
	}
	return b.String() + "}"
}
