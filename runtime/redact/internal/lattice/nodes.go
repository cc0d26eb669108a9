package lattice

import (
	"bytes"
	"cmp"
	"slices"
)

// entry is a way to read the text up to a place, where what was read is the beginning of
// the values of a node.
type entry struct {
	place  int
	edge   uint64  // to the node, if it is among the first ones
	char   [4]byte // what was read last: the byte by which the node differs from others, and others that belong to it
	size   uint8   // of char
	before kind
}

// kind is the class of the character before a quote: it decides whether a shell would
// remove the quote.
type kind uint8

const (
	otherChar kind = iota
	quoteChar
	spaceChar

	removedBefore kind = 1 << 4 // a flag: a quote, or what ends an escape, was left out before the character
	looseBefore   kind = 1 << 5 // a flag: the character is an escape that what follows may end
	closedBefore  kind = 1 << 6 // a flag: ... and what follows was left out
)

func kindOf(c byte) kind {
	switch {
	case isQuote(c):
		return quoteChar
	case isBlank(c):
		return spaceChar
	}
	return otherChar
}

// after returns the kind of c after a character of another kind.
func (before kind) after(c byte) kind { return kindOf(c) | before&removedBefore }

// read returns the kind of a reading after a character of another kind.
func (before kind) read(rd *reading) kind {
	k := before.after(rd.char[0])
	if rd.loose {
		k |= looseBefore
	}
	return k
}

// class is the kind without its flags.
func (before kind) class() kind { return before &^ (removedBefore | looseBefore | closedBefore) }

// descend looks for the values of the nodes to which entries[from:] lead, and removes
// these. edge returns that of an entry, whose characters begin at the byte k of values.
func (r *Reader) descend(from, k int, edge func(*entry) uint64) {
	to := len(r.entries)
	list := r.entries[from:]
	for i := range list {
		list[i].edge = edge(&list[i])
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(a.edge, b.edge) })
	for at := from; at < to && !r.gaveUp; {
		first, own := at, r.entries[at].edge
		for at < to && r.entries[at].edge == own {
			at++
		}
		if n, ok := r.x.edges[own]; ok {
			r.visit(&r.x.nodes[n], k, first, at)
			r.entries = r.entries[:to]
		}
	}
	r.entries = r.entries[:from]
}

// visit looks for the values of a node to which entries[from:to] lead.
func (r *Reader) visit(nd *node, k, from, to int) {
	v, ok := r.bytesOf(nd)
	if !ok {
		return
	}
	r.value, r.least, r.longer, r.level = v[:nd.size], int(nd.least), nd.hi-nd.lo > nd.whole, depth
	r.ends = [2]ends{}
	r.seen.reset()
	below := len(r.entries) // there are those of children
	for i := from; i < to && !r.gaveUp; i++ {
		e := r.entries[i]
		r.take(e.char[:e.size], e.place, k, e.before)
	}
	if r.gaveUp {
		r.guess(r.x.ids[nd.lo:nd.hi], int(nd.most)-r.farDone)
		return
	}
	if nd.whole > 0 {
		r.note(r.x.ids[nd.lo:][:nd.whole])
	}
	if len(r.entries) > below {
		hash := r.x.hash(r.value)
		r.descend(below, int(nd.size), func(e *entry) uint64 { return childOf(hash, e.char[0]) })
	}
}

// bytesOf returns the bytes of a value of the node; false if all were wiped.
func (r *Reader) bytesOf(nd *node) (v []byte, ok bool) {
	for i := nd.lo; i < nd.hi && !ok; i++ {
		v, ok = r.found.Bytes(r.x.ids[i])
	}
	return v, ok
}

// take continues at text[p:] if b, which was read before that, is what the values have at
// their byte k.
func (r *Reader) take(b []byte, p, k int, before kind) {
	rest := r.value[k:]
	n := min(len(b), len(rest))
	switch {
	case !bytes.Equal(b[:n], rest[:n]):
	case n == len(b):
		r.follow(p, k+n, before)
	case r.longer:
		e := entry{place: p, before: before}
		e.size = uint8(copy(e.char[:], b[n:]))
		r.entries = append(r.stack.Grow(r.entries, 1), e)
	}
}

// follow looks for the rest of the node's values from their byte k on at text[p:].
func (r *Reader) follow(p, k int, before kind) {
	if before&looseBefore != 0 {
		before &^= looseBefore
		if k < len(r.value) || r.longer { // else it is the text's own
			ends, open := r.closed(p)
			if open {
				r.opens(r.least)
			}
			for _, end := range ends {
				r.follow(end, k, before|closedBefore|removedBefore)
			}
		}
	}
	for k < len(r.value) && p < len(r.text) && !starts[r.text[p]] {
		c := r.text[p]
		if c != r.value[k] {
			return
		}
		p, k, before = p+1, k+1, before.after(c)
	}
	if p > r.far {
		r.far, r.farDone = p, k
	}
	if k == len(r.value) {
		if before&closedBefore == 0 {
			r.ends[before&removedBefore/removedBefore].add(p)
		}
		if !r.longer {
			return
		}
	}
	before &^= closedBefore
	switch {
	case p == len(r.text):
		r.opens(r.least)
		return
	case !starts[r.text[p]]:
		r.take(r.text[p:p+1], p+1, k, before.after(r.text[p]))
		return
	}
	if !r.seen.add(state{place: p, done: k, before: before}) || r.step() {
		return
	}
	list, open := r.readings(p)
	if open {
		r.opens(r.least)
	}
	for _, rd := range list {
		r.take(rd.bytes(), rd.end, k, before.read(&rd))
	}
	if k == 0 {
		return
	}
	for _, rd := range list {
		skips, open := r.skips(&rd, before)
		if open {
			r.opens(r.least)
		}
		if skips {
			r.follow(rd.end, k, quoteChar|removedBefore)
		}
	}
}

// skips reports whether a reading is a quote, or the dollar sign before one, that a
// shell leaves out: next to another one, a backslash, or a blank. open reports whether
// that may change if the text continues.
func (r *Reader) skips(rd *reading, before kind) (ok, open bool) {
	if rd.size != 1 || !isQuote(rd.char[0]) && rd.char[0] != '$' {
		return false, false
	}
	dollar := rd.char[0] == '$'
	if before.class() != otherChar && !dollar || rd.end == len(r.text) {
		return true, false
	}
	list, open := r.readings(rd.end)
	for _, next := range list {
		c := next.char[0]
		if isQuote(c) || !dollar && (c == '$' || c == '\\' || isBlank(c)) {
			return true, false
		}
	}
	return false, open
}
