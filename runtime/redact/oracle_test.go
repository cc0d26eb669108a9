package redact_test

import (
	"bytes"
	"sort"
)

type oraclePattern struct {
	key   string
	bytes []byte
}

// oracle defines masking by a simple implementation: it looks for every pattern at
// every position.
type oracle []oraclePattern

type span struct {
	start, end int
	key        string
}

// spans returns the parts of a text that are masked.
func (o oracle) spans(text []byte) []span {
	var found []span
	for _, p := range o {
		for i := 0; i+len(p.bytes) <= len(text); i++ {
			if bytes.Equal(text[i:i+len(p.bytes)], p.bytes) {
				found = append(found, span{i, i + len(p.bytes), p.key})
			}
		}
	}
	if tail, ok := o.tail(text); ok {
		found = append(found, tail)
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := found[i], found[j]
		switch {
		case a.start != b.start:
			return a.start < b.start
		case a.end != b.end:
			return a.end > b.end
		}
		return a.key < b.key
	})
	var merged []span
	for _, s := range found {
		if n := len(merged); n > 0 && s.start < merged[n-1].end {
			merged[n-1].end = max(merged[n-1].end, s.end)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// tail returns the end of a text that is half of a pattern or more, and at least
// eight bytes.
func (o oracle) tail(text []byte) (span, bool) {
	for i := 0; i+8 <= len(text); i++ {
		s := span{i, len(text), ""}
		for _, p := range o {
			n := len(text) - i
			if n < len(p.bytes) && 2*n >= len(p.bytes) && bytes.HasPrefix(p.bytes, text[i:]) && (s.key == "" || p.key < s.key) {
				s.key = p.key
			}
		}
		if s.key != "" {
			return s, true
		}
	}
	return span{}, false
}

// mask returns the masked text.
func (o oracle) mask(text []byte) []byte {
	var out []byte
	at := 0
	for _, s := range o.spans(text) {
		out = append(out, text[at:s.start]...)
		out = append(out, "[REDACTED:"+s.key+"]"...)
		at = s.end
	}
	return append(out, text[at:]...)
}
