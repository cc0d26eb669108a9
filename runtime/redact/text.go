package redact

import (
	"bytes"

	"github.com/postern-project/postern/runtime/redact/internal/match"
)

// Bytes appends text to dst with all values masked, as a [Writer] would write it,
// and returns the result. It does not keep dst or text.
func (r *Registry) Bytes(dst, text []byte) []byte {
	sc := r.scan()
	defer r.done(sc)
	r.swept().Text(sc, text)
	return sc.AppendMasked(dst, text)
}

// String returns s with all values masked; s itself if it contains none.
func (r *Registry) String(s string) string {
	st := r.swept()
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

// pieceSize is how many bytes StringWhile searches at once.
const pieceSize = 512

// StringWhile is [Registry.String] as long as goOn reports true, which it asks about each half
// KiB of s. If it stops, ok is false, and nothing of s is masked. It does not prepare the
// search: see [Registry.PrepareWithin].
func (r *Registry) StringWhile(s string, goOn func() bool) (masked string, ok bool) {
	if len(s) <= pieceSize {
		return r.String(s), true
	}
	var out bytes.Buffer
	w := r.Writer(&out, WriterOptions{Idle: -1})
	defer w.Close()
	piece := make([]byte, pieceSize)
	defer clear(piece)
	for len(s) > 0 {
		if !goOn() {
			return "", false
		}
		n := copy(piece, s)
		if _, err := w.Write(piece[:n]); err != nil {
			return "", false
		}
		s = s[n:]
	}
	if err := w.Close(); err != nil {
		return "", false
	}
	return out.String(), true
}

// line appends text, a record of a log, to dst with all values masked, so that it stays a
// valid record of its format. A record without values is not appended, and changed is
// false.
func (r *Registry) line(dst, text []byte, formOf func() match.Form) (out []byte, changed bool) {
	st := r.current()
	if st.Empty() || len(text) == 0 {
		return dst, false
	}
	sc := r.scan()
	defer r.done(sc)
	from, to := st.Line(sc, text, formOf)
	if len(sc.Matches) == 0 {
		return dst, false
	}
	dst = append(dst, text[:from]...)
	dst = sc.AppendMasked(dst, text[from:to])
	return append(dst, text[to:]...), true
}

func (r *Registry) scan() *match.Scan { return r.scans.Get().(*match.Scan) }

// done wipes a scan and puts it back into the pool.
func (r *Registry) done(sc *match.Scan) {
	sc.Wipe()
	r.scans.Put(sc)
}
