package match

import (
	"bytes"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// Line finds all values in a line of JSON or of quoted text, so that the line stays
// valid: a match takes in the backslash escape that a value begins or ends inside,
// because after a backslash the "[" of a mask would be an error; and where the mask
// replaces a JSON number, object or list, it becomes a string.
func (st *Set) Line(sc *Scan, text []byte) {
	st.Search(sc, text, Before{}, true)
	for i := range sc.Matches {
		m := &sc.Matches[i]
		m.Start = encodings.EscapeStart(text, m.Start)
		m.Reach = encodings.EscapeEnd(text, m.Reach)
		m.end = m.Reach
	}
	sc.merge()
	sc.quote(text)
}

// quote marks the matches that begin and end outside of the strings of a JSON text.
// Those that are part of a number are extended to the whole of it.
func (sc *Scan) quote(text []byte) {
	if len(sc.Matches) == 0 || text[0] != '{' && text[0] != '[' || bytes.IndexByte(text, '"') < 0 {
		return
	}
	at, inside := 0, false
	for i := range sc.Matches {
		m := &sc.Matches[i]
		bare := !stringState(text[at:m.Start], &inside) && !stringState(text[m.Start:m.Reach], &inside)
		at = m.Reach
		if !bare {
			continue
		}
		for m.Start > 0 && ofNumber(text[m.Start-1]) {
			m.Start--
		}
		for m.Reach < len(text) && ofNumber(text[m.Reach]) {
			m.Reach++
		}
		at, m.quoted = m.Reach, true
	}
}

// stringState updates whether a JSON text is inside of a string, from the start of
// part to its end, and returns it.
func stringState(part []byte, inside *bool) bool {
	for i := 0; i < len(part); i++ {
		switch {
		case part[i] == '"':
			*inside = !*inside
		case part[i] == '\\':
			i++
		}
	}
	return *inside
}

func ofNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}
