package match

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// Form says who wrote a record.
type Form uint8

// The forms of records.
const (
	Other Form = iota // any handler
	JSON              // slog.JSONHandler
	Pairs             // slog.TextHandler
)

// Line finds all values in a record of a log. formOf, called if there are any, returns
// who wrote it. A record of log/slog stays a valid one: a match is part of one token, of
// what stands between the quotes of a string or key, or of a number, which becomes a
// string. A value of JSON that is a secret in whole becomes a string. What log/slog
// itself writes stays: the keys of time, level, message and source, the time and the
// level.
//
// In any other record all that is found is masked. One that is JSON stays JSON: of a
// value over several tokens each part is masked. Other text is searched as a whole,
// except the line break at its end and a time and level at its start. The matches are
// those in text[from:to].
func (st *Set) Line(sc *Scan, text []byte, formOf func() Form) (from, to int) {
	from, to = 0, len(text)
	if st.Search(sc, text, Before{}, true); len(sc.Matches) == 0 {
		return from, to
	}
	switch form := formOf(); {
	case form != Other && sc.tokensOf(text, form):
		if !sc.inTokens() {
			st.perToken(sc, text)
		}
		sc.settle(text)
		return from, to
	case form == Other && sc.tokensOf(text, JSON) && sc.split():
		sc.settle(text)
		return from, to
	}
	from, to = len(head().Find(text)), len(bytes.TrimRight(text, "\r\n"))
	text = text[from:max(from, to)]
	to = from + len(text)
	st.Search(sc, text, Before{}, true)
	for i := range sc.Matches {
		m := &sc.Matches[i]
		m.Start = encodings.EscapeStart(text, m.Start)
		m.Reach = encodings.EscapeEnd(text, m.Reach)
		m.end = m.Reach
	}
	sc.merge()
	sc.quote(text)
	return from, to
}

// head matches a time and a level at the start of a record, coloured or not. It is
// compiled when it is first needed, which in a short command it is not.
var head = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(headPattern) })

const headPattern = `^` + colour +
	`(?:(?:(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[A-Z][a-z]{2} [ 0-9]?[0-9])[ T])?[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?[AP]M)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?` + colour + ` ` + colour + `)?` +
	`\[?(?:DBG|INF|WRN|ERR|DEBUG|INFO|WARN|ERROR)(?:[+-][0-9]+)?` + colour + `(?: |\])`

// colour matches control sequences that set colours.
const colour = `(?:\x1b\[[0-9;]*m)*`

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

// stringState updates whether a JSON text is inside a string, from the start of
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
