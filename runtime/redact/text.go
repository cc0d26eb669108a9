package redact

import "github.com/postern-project/postern/runtime/redact/internal/encodings"

// Bytes appends text to dst with all values masked, as a [Writer] would have
// written it, and returns the result. It keeps neither slice.
func (r *Registry) Bytes(dst, text []byte) []byte {
	sc := r.scans.Get().(*scan)
	defer r.scans.Put(sc)
	defer sc.wipe()
	r.current().whole(sc, text)
	return sc.appendMasked(dst, text)
}

// String returns s with all values masked; s itself if it holds none.
func (r *Registry) String(s string) string {
	st := r.current()
	if len(st.sieves) == 0 || s == "" {
		return s
	}
	sc := r.scans.Get().(*scan)
	defer r.scans.Put(sc)
	defer sc.wipe()
	sc.text = append(sc.text[:0], s...)
	if st.whole(sc, sc.text); len(sc.matches) == 0 {
		return s
	}
	return string(sc.appendMasked(nil, sc.text))
}

// whole finds all values in a text that is complete.
func (st *set) whole(sc *scan, text []byte) {
	hold := st.search(sc, text, encodings.Ground)
	if hold+tailBytes <= len(text) {
		st.tail(sc, text, hold)
	}
}

// appendMasked appends the text just searched with masks in place of matches.
func (sc *scan) appendMasked(dst, text []byte) []byte {
	at := 0
	for _, m := range sc.matches {
		dst = append(dst, text[at:m.start]...)
		dst = append(dst, *m.val.mask.Load()...)
		dst = sc.appendSequences(dst, text, m.start, m.reach)
		at = m.reach
	}
	return append(dst, text[at:]...)
}

// line masks a line of JSON or of quoted text. A mask takes in the escape
// sequence that a value begins or ends inside, so that the line stays what it
// is: after a backslash, "[" would be an error.
func (r *Registry) line(dst, text []byte) (out []byte, changed bool) {
	sc := r.scans.Get().(*scan)
	defer r.scans.Put(sc)
	defer sc.wipe()
	sc.reset()
	for _, s := range r.current().sieves {
		s.find(sc, text)
	}
	if len(sc.matches) == 0 {
		return dst, false
	}
	for i := range sc.matches {
		m := &sc.matches[i]
		m.start = encodings.EscapeStart(text, m.start)
		m.reach = encodings.EscapeEnd(text, m.reach)
		m.end = m.reach
	}
	sc.merge()
	return sc.appendMasked(dst, text), true
}
