package documents_test

import (
	"fmt"
	"math/rand/v2"
)

func dotenvDocument(r *rand.Rand) document {
	w := newWriter(r)
	if w.one(12) {
		w.feed = "\r"
	}
	w.table("")
	var names []string
	for range w.IntN(10) {
		switch w.IntN(8) {
		case 0:
			w.line(w.pick("", " "), w.comment(1))
			continue
		case 1:
			w.line(w.pick("", " "))
			continue
		}
		w.count++
		name := fmt.Sprintf("%s%d", w.pick("K", "k", "_k", "DB_K"), w.count)
		if len(names) > 0 && w.one(10) {
			name = names[w.IntN(len(names))]
		} else {
			names = append(names, name)
			w.leaf(name)
		}
		w.line(w.pick("", "", "", "export ", "  ", "  export  "), name, "=", w.dotenvValue(), w.behind())
	}
	return w.finish()
}

func (w *writer) dotenvValue() string {
	return w.pick("", "x", "1", "a/b:c@d", "''", `""`, "'a b'", `"a b"`, "'a # b'", `"it's"`, "'$HOME `id`'", `'{"a": 1}'`,
		"'l1"+w.feed+"l2'", `"l1`+w.feed+`K=l2"`, "'"+w.feed+"# x"+w.feed+"'", "a#b", "é")
}
