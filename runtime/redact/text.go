package redact

import "github.com/postern-project/postern/runtime/redact/internal/match"

// Bytes appends text to dst with all values masked, as a [Writer] would have
// written it, and returns the result. It keeps neither slice.
func (r *Registry) Bytes(dst, text []byte) []byte {
	sc := r.scan()
	defer r.done(sc)
	r.current().Text(sc, text)
	return sc.AppendMasked(dst, text)
}

// String returns s with all values masked, or s itself if it has none in it.
func (r *Registry) String(s string) string {
	st := r.current()
	if st.Empty() || s == "" {
		return s
	}
	sc := r.scan()
	defer r.done(sc)
	text := sc.Copy(s)
	if st.Text(sc, text); len(sc.Matches) == 0 {
		return s
	}
	return string(sc.AppendMasked(nil, text))
}

// line appends a line of JSON or of quoted text to dst, masked so that it stays
// valid. It reports whether it did: a line without values is not appended.
func (r *Registry) line(dst, text []byte) (out []byte, changed bool) {
	sc := r.scan()
	defer r.done(sc)
	if r.current().Line(sc, text); len(sc.Matches) == 0 {
		return dst, false
	}
	return sc.AppendMasked(dst, text), true
}

func (r *Registry) scan() *match.Scan { return r.scans.Get().(*match.Scan) }

// done takes back a scan.
func (r *Registry) done(sc *match.Scan) {
	sc.Wipe()
	r.scans.Put(sc)
}
