package glob

import (
	"slices"
	"strings"
)

// Budget is the number of steps that calls of [Budget.Exists] may still take.
// Calls that share a Budget are bounded together.
type Budget int

// Exists reports whether there is a key that begins with the bytes of prefix,
// matches every pattern of all, and matches no pattern of none. The patterns must
// come from [ParseKey]. If the budget is used up, decided and exists are false.
func (b *Budget) Exists(all, none List, prefix string) (exists, decided bool) {
	for _, g := range all {
		if none.coversOne(g) {
			return false, true
		}
	}
	if sampled(all, none, prefix) {
		return true, true
	}
	// Patterns that exclude everything, or nothing, are found quickly one by one.
	var overlap List
	for _, g := range none {
		exists, decided = b.search(all, List{g}, prefix)
		if !exists {
			return false, decided
		}
		overlaps, decided := b.search(append(slices.Clone(all), g), nil, prefix)
		if !decided {
			return false, false
		}
		if overlaps {
			overlap = append(overlap, g)
		}
	}
	return b.search(all, overlap, prefix)
}

// sampled tries simple keys, made from the patterns: most searches end here.
func sampled(all, none List, prefix string) bool {
	for _, g := range all {
		for _, fill := range []string{"q0", "0"} {
			segment := strings.ReplaceAll(g.text, "**", fill)
			for _, key := range []string{strings.ReplaceAll(segment, "*", fill), prefix + fill, prefix + "/" + fill} {
				if strings.HasPrefix(key, prefix) && !strings.Contains("/"+key, "//") && !none.Match(key) && matchesAll(all, key) {
					return true
				}
			}
		}
	}
	return false
}

func matchesAll(l List, key string) bool {
	for _, g := range l {
		if !g.Match(key) {
			return false
		}
	}
	return true
}

func (b *Budget) search(all, none List, prefix string) (exists, decided bool) {
	s := search{alphabet: alphabet(all, none), budget: b}
	for _, g := range all {
		s.patterns = append(s.patterns, compile(g))
	}
	for _, g := range none {
		s.patterns = append(s.patterns, compile(g))
	}
	s.wanted = len(all)
	at := make([]states, len(s.patterns))
	for i, p := range s.patterns {
		at[i] = p.from(0)
	}
	for _, c := range []byte(prefix) {
		if at = s.step(at, c); at == nil {
			return false, true
		}
	}
	return s.run(at, prefix == "" || strings.HasSuffix(prefix, "/"))
}

// search runs all patterns as automata, in parallel over all keys, breadth first.
type search struct {
	patterns []program
	wanted   int // patterns before this index must match, the others must not
	alphabet []byte
	budget   *Budget
}

// position is a node of the search: the possible states of each pattern. opens
// means that the next byte begins a segment.
type position struct {
	at    []states
	opens bool
}

func (s *search) run(at []states, opens bool) (exists, decided bool) {
	seen := map[string]bool{}
	queue := []position{{at, opens}}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for _, c := range s.alphabet {
			if c == '/' && p.opens {
				continue // a segment cannot be empty
			}
			if *s.budget--; *s.budget < 0 {
				return false, false
			}
			next := s.step(p.at, c)
			if next == nil {
				continue
			}
			if c == '/' && s.matches(next) {
				return true, true
			}
			if key := keyOf(next, c == '/'); !seen[key] {
				seen[key] = true
				queue = append(queue, position{next, c == '/'})
			}
		}
	}
	return false, true
}

// matches reports whether the key that ends before this "/" is one that is wanted.
func (s *search) matches(at []states) bool {
	for i, p := range s.patterns {
		if at[i].has(len(p)) != (i < s.wanted) {
			return false
		}
	}
	return true
}

// step reads one byte. The result is nil if a pattern that must match no longer can.
func (s *search) step(at []states, c byte) []states {
	next := make([]states, len(at))
	for i, p := range s.patterns {
		next[i] = p.step(at[i], c)
		if i < s.wanted && next[i].empty() {
			return nil
		}
	}
	return next
}

func keyOf(at []states, opens bool) string {
	var b strings.Builder
	for _, set := range at {
		for _, word := range set {
			for shift := 0; shift < 64; shift += 8 {
				b.WriteByte(byte(word >> shift))
			}
		}
	}
	if opens {
		b.WriteByte('/')
	}
	return b.String()
}

// alphabet returns the bytes that matter: "/", those that occur in a pattern, and
// one that stands for all others.
func alphabet(lists ...List) []byte {
	out := []byte{'/'}
	for _, l := range lists {
		for _, g := range l {
			for _, c := range []byte(g.text) {
				if c != '*' && !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
	}
	for c := byte('!'); c <= '~'; c++ {
		if KeyByte(c) && !slices.Contains(out, c) {
			return append(out, c)
		}
	}
	return out
}

// program is a pattern as a list of instructions, which read a key followed by "/",
// byte by byte. The key matches if the end of the list is reached.
type program []instruction

type instruction struct {
	kind instructionKind
	char byte // readChar
}

type instructionKind uint8

const (
	readChar    instructionKind = iota // exactly char
	readRun                            // any run of characters of one segment
	readDeep                           // any number of segments; readSegment follows
	readSegment                        // the rest of a segment and its "/", then back to readDeep
)

func compile(g *Glob) program {
	var p program
	for _, s := range g.segments {
		if s.deep {
			p = append(p, instruction{kind: readDeep}, instruction{kind: readSegment})
			continue
		}
		for _, c := range []byte(s.text + "/") {
			i := instruction{kind: readChar, char: c}
			if c == '*' {
				i.kind = readRun
			}
			p = append(p, i)
		}
	}
	return p
}

// states is a set of instructions that may be next.
type states []uint64

func (s states) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s states) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s states) empty() bool {
	for _, word := range s {
		if word != 0 {
			return false
		}
	}
	return true
}

// from returns the instructions that may read next if execution is at i.
func (p program) from(i int) states {
	s := make(states, len(p)/64+1)
	p.reach(s, i)
	return s
}

func (p program) reach(s states, i int) {
	s.add(i)
	if i == len(p) {
		return
	}
	switch p[i].kind {
	case readRun:
		p.reach(s, i+1)
	case readDeep:
		p.reach(s, i+2)
	}
}

func (p program) step(s states, c byte) states {
	next := make(states, len(s))
	for i := range p {
		if !s.has(i) {
			continue
		}
		switch p[i].kind {
		case readChar:
			if c == p[i].char {
				p.reach(next, i+1)
			}
		case readRun:
			if c != '/' {
				p.reach(next, i)
			}
		case readDeep:
			if c != '/' {
				next.add(i + 1)
			}
		case readSegment:
			if c == '/' {
				p.reach(next, i-1)
			} else {
				next.add(i)
			}
		}
	}
	return next
}
