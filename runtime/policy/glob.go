package policy

import (
	"fmt"
	"strings"
)

// glob is a compiled pattern over segments that "/" separates. "*" inside a
// segment stands for any run of characters, alone for one whole segment;
// "**" stands for any number of segments, at the end for at least one, so
// that "prod/**" matches neither "prod" nor "production/x".
type glob struct {
	text string
	kind globKind
	lit  string    // the literal; with its "/" for globUnder and globTail
	segs []globSeg // for globGeneral
}

type globKind uint8

const (
	globGeneral globKind = iota
	globExact            // no wildcard
	globUnder            // literal prefix and a final "**"
	globTail             // "**/" and a literal
	globAny              // "**"
)

type globSeg struct {
	deep bool   // "**": any number of segments
	wild bool   // text holds "*"
	text string // pattern of one segment
}

const maxGlob = 512

// parseGlob compiles a pattern. With strict, only the characters that a key
// may hold are accepted, so that "prod/?" or "prod/{a,b}" is an error rather
// than a pattern that never matches.
func parseGlob(text string, strict bool) (glob, error) {
	switch {
	case text == "":
		return glob{}, fmt.Errorf("an empty glob matches nothing")
	case len(text) > maxGlob:
		return glob{}, fmt.Errorf("glob %s is longer than %d bytes", quote(text), maxGlob)
	}
	g := glob{text: text}
	parts := strings.Split(text, "/")
	for i, part := range parts {
		if err := checkSegment(text, part, strict); err != nil {
			return glob{}, err
		}
		if part != "**" {
			g.segs = append(g.segs, globSeg{wild: strings.Contains(part, "*"), text: part})
			continue
		}
		if i == len(parts)-1 { // at the end: at least one segment
			g.segs = append(g.segs, globSeg{wild: true, text: "*"})
		}
		if n := len(g.segs); n > 0 && g.segs[n-1].deep {
			continue
		}
		g.segs = append(g.segs, globSeg{deep: true})
	}
	g.classify(parts)
	return g, nil
}

func checkSegment(text, part string, strict bool) error {
	switch {
	case part == "**":
		return nil
	case strings.Contains(part, "**"):
		return fmt.Errorf(`glob %s: "**" must be a whole segment`, quote(text))
	case !strict:
		return nil
	case part == "":
		return fmt.Errorf("glob %s has an empty segment", quote(text))
	case part == "." || part == "..":
		return fmt.Errorf("glob %s: %q is never part of a key", quote(text), part)
	}
	for i := 0; i < len(part); i++ {
		if part[i] != '*' && !keyByte(part[i]) {
			return fmt.Errorf(`glob %s: %q is never part of a key (wildcards are "*" and "**")`, quote(text), part[i])
		}
	}
	return nil
}

// classify picks the fast forms.
func (g *glob) classify(parts []string) {
	last := len(parts) - 1
	switch {
	case g.text == "**":
		g.kind = globAny
	case !strings.Contains(g.text, "*"):
		g.kind, g.lit = globExact, g.text
	case parts[last] == "**" && strings.Count(g.text, "*") == 2:
		g.kind, g.lit = globUnder, g.text[:len(g.text)-2]
	case parts[0] == "**" && strings.Count(g.text, "*") == 2:
		g.kind, g.lit = globTail, g.text[2:]
	}
}

// match reports whether s matches. It takes time proportional to the product
// of the two lengths at worst, and allocates nothing.
func (g *glob) match(s string) bool {
	switch g.kind {
	case globAny:
		return s != ""
	case globExact:
		return s == g.lit
	case globUnder:
		return len(s) > len(g.lit) && s[:len(g.lit)] == g.lit
	case globTail:
		return strings.HasSuffix(s, g.lit) || s == g.lit[1:]
	}
	return g.matchSegments(s)
}

// matchSegments walks pattern and text together. After a "**" only the last
// one is ever resumed: a match that an earlier one would find by taking more
// segments is found by the later one as well.
func (g *glob) matchSegments(s string) bool {
	pos, i := 0, 0              // next segment of s starts at pos; pos > len(s) is the end
	resumePos, resumeI := 0, -1 // where the last "**" goes on
	for pos <= len(s) {
		if i < len(g.segs) && g.segs[i].deep {
			i++
			resumePos, resumeI = pos, i
			continue
		}
		end := segmentEnd(s, pos)
		if i < len(g.segs) && g.segs[i].match(s[pos:end]) {
			pos, i = end+1, i+1
			continue
		}
		if resumeI < 0 {
			return false
		}
		resumePos = segmentEnd(s, resumePos) + 1
		pos, i = resumePos, resumeI
	}
	for i < len(g.segs) && g.segs[i].deep {
		i++
	}
	return i == len(g.segs)
}

func segmentEnd(s string, pos int) int {
	if j := strings.IndexByte(s[pos:], '/'); j >= 0 {
		return pos + j
	}
	return len(s)
}

func (g *globSeg) match(s string) bool {
	if !g.wild {
		return s == g.text
	}
	if g.text == "*" {
		return s != ""
	}
	return matchStar(g.text, s)
}

// matchStar matches one segment, where "*" stands for any run of characters.
func matchStar(pat, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pat) && pat[p] == '*':
			star, mark = p, i
			p++
		case p < len(pat) && pat[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pat) && pat[p] == '*' {
		p++
	}
	return p == len(pat)
}

// literalPrefix returns the leading segments without wildcards, at most max
// of them, and how many there are. A pattern whose literal part is longer
// than a key that it matches would be missed, hence exact text counts whole.
func (g *glob) literalPrefix(max int) (string, int) {
	n, end := 0, 0
	for n < len(g.segs) && n < max && !g.segs[n].deep && !g.segs[n].wild {
		end += len(g.segs[n].text) + 1
		n++
	}
	if n == 0 {
		return "", 0
	}
	return g.text[:end-1], n
}

// keyByte reports whether a key may hold c, "/" aside.
func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '.' || c == '_' || c == '@' || c == ':' || c == '+' || c == '-'
}
