package documents_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A document is a text and what a test may do with it.
type document struct {
	text string
	// keys have a value that may be changed.
	keys []string
	// tables exist, so that new keys can be added to them; "" is the root.
	tables []string
}

// writer makes random documents. Every name, value and comment in a document occurs
// once.
type writer struct {
	*rand.Rand
	b     strings.Builder
	doc   document
	count int
	feed  string
}

func newWriter(r *rand.Rand) *writer {
	w := &writer{Rand: r, feed: "\n"}
	if w.one(5) {
		w.feed = "\r\n"
	}
	return w
}

// one is true once in n times.
func (w *writer) one(n int) bool { return w.IntN(n) == 0 }

func (w *writer) pick(all ...string) string { return all[w.IntN(len(all))] }

func (w *writer) name() string {
	w.count++
	return fmt.Sprintf("k%d", w.count)
}

func (w *writer) line(parts ...string) {
	for _, p := range parts {
		w.b.WriteString(p)
	}
	w.b.WriteString(w.feed)
}

// comment is a comment, or nothing in most cases.
func (w *writer) comment(n int) string {
	if !w.one(n) {
		return ""
	}
	w.count++
	return fmt.Sprintf("# c%d%s", w.count, w.pick("", " it's", " \"x", " a: b", " [x", " {y"))
}

// behind is a comment at the end of a line.
func (w *writer) behind() string {
	if c := w.comment(3); c != "" {
		return w.pick(" ", "   ", "\t") + c
	}
	return ""
}

// finish returns the document, perhaps with a byte order mark or without its last
// line break.
func (w *writer) finish() document {
	text := w.b.String()
	if w.one(4) {
		text = strings.TrimSuffix(text, w.feed)
	}
	if w.one(15) {
		text = "\ufeff" + text
	}
	w.doc.text = text
	return w.doc
}

func (w *writer) leaf(path string) { w.doc.keys = append(w.doc.keys, path) }

func (w *writer) table(path string) { w.doc.tables = append(w.doc.tables, path) }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
