package glob

import "strings"

// Match reports whether g matches the whole of s. It does not allocate, and
// takes time proportional to len(pattern) times len(s) in the worst case.
func (g *Glob) Match(s string) bool {
	switch g.form {
	case formAny:
		return s != ""
	case formExact:
		return s == g.literal
	case formUnder:
		return len(s) > len(g.literal) && s[:len(g.literal)] == g.literal
	case formTail:
		return strings.HasSuffix(s, g.literal) || s == g.literal[1:]
	}
	return g.matchSegments(s)
}

// matchSegments walks pattern and text together. On a mismatch it resumes at
// the last "**" only: a match that an earlier one could find by taking more
// segments is also found by the later one.
func (g *Glob) matchSegments(s string) bool {
	pos, i := 0, 0              // the next segment of s starts at pos; pos > len(s) is the end
	resumePos, resumeI := 0, -1 // where to resume after the last "**"
	for pos <= len(s) {
		if i < len(g.segments) && g.segments[i].deep {
			i++
			resumePos, resumeI = pos, i
			continue
		}
		end := segmentEnd(s, pos)
		if i < len(g.segments) && g.segments[i].match(s[pos:end]) {
			pos, i = end+1, i+1
			continue
		}
		if resumeI < 0 {
			return false
		}
		resumePos = segmentEnd(s, resumePos) + 1
		pos, i = resumePos, resumeI
	}
	for i < len(g.segments) && g.segments[i].deep {
		i++
	}
	return i == len(g.segments)
}

func segmentEnd(s string, pos int) int {
	if j := strings.IndexByte(s[pos:], '/'); j >= 0 {
		return pos + j
	}
	return len(s)
}

func (g *segment) match(s string) bool {
	if !g.wild {
		return s == g.text
	}
	if g.text == "*" {
		return s != ""
	}
	return matchStar(g.text, s)
}

// matchStar matches one segment. Like matchSegments it resumes at the last "*".
func matchStar(pattern, s string) bool {
	p, i := 0, 0
	star, mark := -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p, i = p+1, i+1
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
