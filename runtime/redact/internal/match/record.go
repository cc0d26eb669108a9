package match

import (
	"bytes"
	"encoding/json"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
	"github.com/postern-project/postern/runtime/redact/internal/slogrecord"
)

// token is a part of a record that may be masked: what stands at text[start:end].
// What is between tokens is the syntax of the record.
type token struct {
	start, end int
	kind       tokenKind
}

type tokenKind uint8

const (
	plain  tokenKind = iota // a text that stands for itself, without quotes
	scalar                  // of JSON: a number, true, false or null
	quoted                  // the text between the quotes of a string
	name                    // the text between the quotes of a key
	tree                    // of JSON: an object or array within another one
	fixed                   // what log/slog itself writes: is not masked
)

// fixedValue reports whether log/slog itself writes value under key.
func fixedValue(key, value []byte) bool {
	return (string(key) == "level" || string(key) == "time") && (slogrecord.IsLevel(value) || slogrecord.IsTime(value))
}

// fixedKey reports whether key is one that log/slog itself writes.
func fixedKey(key []byte) bool {
	switch string(key) {
	case "time", "level", "msg", "source":
		return true
	}
	return false
}

// tokensOf sets sc.tokens to those of the text: one JSON object or array, or the pairs
// of key and value of slog's text form. It reports whether the text has the form. That
// what [slog.JSONHandler] wrote is valid JSON is not checked again. An object or array
// comes before the tokens in it.
func (sc *Scan) tokensOf(text []byte, form Form) bool {
	sc.tokens = sc.tokens[:0]
	if form == Pairs {
		return sc.tokensOfPairs(bytes.TrimSuffix(text, []byte{'\n'}))
	}
	if c := text[0]; c != '{' && c != '[' || form == Other && !json.Valid(text) {
		return false
	}
	return sc.tokensOfJSON(text)
}

// tokensOfJSON appends the tokens of a JSON text. It reports whether the strings, objects
// and arrays end, and nothing follows; it checks no more.
func (sc *Scan) tokensOfJSON(text []byte) bool {
	sc.open = sc.open[:0]
	var key []byte // the latest one of the outermost object
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := i + 1 + stringLen(text[i+1:])
			if end >= len(text) || len(sc.open) == 0 {
				return false
			}
			t, inner := token{i + 1, end, quoted}, text[i+1:end]
			rest := text[end+1:]
			if len(rest) > 0 && rest[0] <= ' ' {
				rest = bytes.TrimLeft(rest, " \t\r\n")
			}
			outermost := len(sc.open) == 1
			switch isKey := len(rest) > 0 && rest[0] == ':'; {
			case isKey && outermost:
				key, t.kind = inner, name
				if fixedKey(inner) {
					t.kind = fixed
				}
			case isKey:
				t.kind = name
			case outermost && fixedValue(key, inner):
				t.kind = fixed
			}
			sc.tokens = append(sc.tokens, t)
			i = end + 1
		case c == '{' || c == '[':
			if len(sc.open) == 0 && i > 0 {
				return false
			}
			sc.open = append(sc.open, len(sc.tokens))
			sc.tokens = append(sc.tokens, token{i, i, tree})
			i++
		case c == '}' || c == ']':
			last := len(sc.open) - 1
			if last < 0 {
				return false
			}
			i++
			sc.tokens[sc.open[last]].end = i
			sc.open = sc.open[:last]
		case c <= ' ' || c == ',' || c == ':':
			i++
		case len(sc.open) == 0:
			return false
		default:
			start := i
			for i < len(text) && bytes.IndexByte([]byte(",]} \t\r\n"), text[i]) < 0 {
				i++
			}
			sc.tokens = append(sc.tokens, token{start, i, scalar})
		}
	}
	sc.tokens[0].kind = fixed // the record itself
	sc.tokens[0].end = 0
	return len(sc.open) == 0
}

// tokensOfPairs appends the tokens of key=value pairs with one space between them,
// each quoted or without a space, a quote or an equals sign. It reports whether the
// text is that.
func (sc *Scan) tokensOfPairs(text []byte) bool {
	var key []byte
	for i := 0; ; i++ {
		for _, isKey := range []bool{true, false} {
			t := token{i, i, plain}
			if i < len(text) && text[i] == '"' {
				t = token{i + 1, i + 1 + stringLen(text[i+1:]), quoted}
				if isKey {
					t.kind = name
				}
				if t.end >= len(text) {
					return false
				}
				i = t.end + 1
			} else {
				for i < len(text) && text[i] > ' ' && text[i] != '"' && text[i] != '=' && text[i] != 0x7f {
					i++
				}
				if t.end = i; t.end == t.start {
					return false
				}
			}
			inner := text[t.start:t.end]
			if isKey {
				key = inner
				if fixedKey(inner) {
					t.kind = fixed
				}
				if i >= len(text) || text[i] != '=' {
					return false
				}
				i++
			} else if fixedValue(key, inner) {
				t.kind = fixed
			}
			sc.tokens = append(sc.tokens, t)
		}
		if i == len(text) {
			return true
		}
		if text[i] != ' ' {
			return false
		}
	}
}

// stringLen returns how many bytes of text are before the quote that ends a string;
// len(text) if none does, or a control character is in it.
func stringLen(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return i
		case c == '\\':
			i++
		case c < ' ':
			return len(text)
		}
	}
	return len(text)
}

// maxSearches is how many objects and arrays of one record are searched one by one.
// Beyond it they are masked.
const maxSearches = 64

// perToken searches each token by itself that the matches of the whole text touch,
// so that a match is part of one token.
func (st *Set) perToken(sc *Scan, text []byte) {
	touched := append(sc.touched[:0], sc.Matches...)
	sc.touched = touched
	sc.kept = sc.kept[:0]
	searches, masked, next := 0, 0, 0
	for _, t := range sc.tokens {
		for next < len(touched) && touched[next].Reach <= t.start-1 {
			next++ // it touches neither this token, its quotes included, nor a later one
		}
		if next == len(touched) {
			break
		}
		// Quotes are part of what is searched first, for values that have them.
		outer := t
		if t.kind == quoted || t.kind == name {
			outer.start, outer.end = t.start-1, t.end+1
		}
		m := touched[next]
		if t.kind == fixed || t.start < masked || m.Start >= outer.end {
			continue
		}
		covered := m.Start <= outer.start && m.Reach >= outer.end
		if t.kind == tree && !covered {
			continue
		}
		if covered && (t.kind == tree || t.kind == quoted) {
			found := true
			if t.kind == tree && searches == maxSearches {
				// m is the mask
			} else if m, found = st.whole(sc, text, outer); t.kind == tree {
				searches++
			}
			if found {
				m.Start, m.Reach, m.quoted = t.start, t.end, t.kind == tree
				sc.kept, masked = append(sc.kept, m), t.end
				continue
			}
			if t.kind == tree {
				continue
			}
		}
		st.Search(sc, text[t.start:t.end], Before{}, true)
		for i := range sc.Matches {
			m := sc.Matches[i]
			m.Start, m.Reach = m.Start+t.start, m.Reach+t.start
			sc.kept = append(sc.kept, m)
		}
	}
	sc.Matches = append(sc.Matches[:0], sc.kept...)
	sc.through = false
}

// split makes of each match one for each token that it touches, and reports whether
// each touches one. An object or array within the record is masked in whole if the match
// covers it. The record itself is not.
func (sc *Scan) split() bool {
	sc.kept = sc.kept[:0]
	next := 1 // the first is the record
	for _, m := range sc.Matches {
		first := len(sc.kept)
		for next < len(sc.tokens) && sc.tokens[next].kind != tree && sc.tokens[next].end <= m.Start {
			next++
		}
		masked := 0
		for _, t := range sc.tokens[next:] {
			switch from, to := max(m.Start, t.start), min(m.Reach, t.end); {
			case t.start >= m.Reach:
			case t.start < masked:
				continue
			case t.kind == tree && from == t.start && to == t.end:
				m := m
				m.Start, m.Reach, m.quoted = from, to, true
				sc.kept, masked = append(sc.kept, m), to
				continue
			case t.kind == tree || from >= to:
				continue
			default:
				m := m
				m.Start, m.Reach = from, to
				sc.kept = append(sc.kept, m)
				continue
			}
			break
		}
		if len(sc.kept) == first {
			return false
		}
	}
	sc.Matches = append(sc.Matches[:0], sc.kept...)
	sc.through = false
	return true
}

// whole returns the match that covers all of a token, if there is one.
func (st *Set) whole(sc *Scan, text []byte, t token) (Match, bool) {
	st.Search(sc, text[t.start:t.end], Before{}, true)
	if len(sc.Matches) == 1 && sc.Matches[0].Start == 0 && sc.Matches[0].Reach == t.end-t.start {
		return sc.Matches[0], true
	}
	return Match{}, false
}

// settle makes each match, which is part of one token, one that leaves the token
// valid: it takes in the escape that it begins or ends inside, and all of a number.
func (sc *Scan) settle(text []byte) {
	next := 0
	for i := range sc.Matches {
		m := &sc.Matches[i]
		m.wide = encodings.Narrow // zero bytes would be an error
		if !m.quoted {
			for sc.tokens[next].kind == tree || sc.tokens[next].end < m.Reach {
				next++
			}
			t := sc.tokens[next]
			if t.kind == scalar {
				m.Start, m.Reach, m.quoted = t.start, t.end, true
			} else {
				m.Start = t.start + encodings.EscapeStart(text[t.start:t.end], m.Start-t.start)
				m.Reach = t.start + encodings.EscapeEnd(text[t.start:t.end], m.Reach-t.start)
			}
		}
		m.end = m.Reach
	}
	sc.merge()
}

// inTokens reports whether each match is part of one token.
func (sc *Scan) inTokens() bool {
	next := 0
	for _, m := range sc.Matches {
		for next < len(sc.tokens) && (sc.tokens[next].kind == tree || sc.tokens[next].end < m.Reach) {
			next++
		}
		if next == len(sc.tokens) || m.Start < sc.tokens[next].start || sc.tokens[next].kind == fixed {
			return false
		}
	}
	return true
}
