package substrings

// Index has all substrings of a text. It is a suffix automaton: its time is linear in
// the lengths of the text and of what is compared with it, whatever they are, but for
// the edges that it looks at. Make it with [New]. One goroutine uses it at a time.
type Index struct {
	states []state
	edges  []edge
	tables [][256]int32 // one more than where the edges lead, by their byte
	root   [256]int32   // the table of the first state
	last   int32        // the state of the whole text
	looked int
}

// state stands for substrings of the texts; the longest has length bytes.
type state struct {
	length int32
	link   int32 // the state of the longest end of them that also stands elsewhere
	first  int32 // its first edge, 0 for none
	degree int32 // how many edges it has
	table  int32 // one more than its index in tables, 0 if it has fewer than tabled edges
}

// tabled is the number of edges from which on a state has a table of them.
const tabled = 32

// edge leads to the state of the substrings that continue with a byte.
type edge struct {
	to   int32
	next int32 // of the same state, 0 for none
	c    byte
}

// New returns the index of an empty text, with room for size bytes.
func New(size int) *Index {
	x := &Index{states: make([]state, 1, 2*size+2), edges: make([]edge, 1, 3*size+1)}
	x.states[0].link = -1
	return x
}

// Looked returns how many edges were looked at since it was called before. That is up
// to 32 for each byte, and more where states are copied.
func (x *Index) Looked() int {
	n := x.looked
	x.looked = 0
	return n
}

// End is the longest end of what was read that stands in the text. The zero End is
// that of nothing.
type End struct {
	Length int
	state  int32
}

// Step reads one more byte.
func (x *Index) Step(at End, c byte) End {
	for {
		if to := x.target(at.state, c); to >= 0 {
			return End{at.Length + 1, to}
		}
		if at.state = x.states[at.state].link; at.state < 0 {
			return End{}
		}
		at.Length = int(x.states[at.state].length)
	}
}

// Add adds one byte to the end of the text.
func (x *Index) Add(c byte) { x.last = x.extend(c) }

// extend returns the state of the longer text.
func (x *Index) extend(c byte) int32 {
	current := int32(len(x.states))
	x.states = append(x.states, state{length: x.states[x.last].length + 1})
	p := x.last
	for ; p >= 0 && x.target(p, c) < 0; p = x.states[p].link {
		x.connect(p, c, current)
	}
	if p < 0 {
		return current // its link is the root
	}
	q := x.target(p, c)
	if x.states[q].length == x.states[p].length+1 {
		x.states[current].link = q
		return current
	}
	clone := int32(len(x.states))
	x.states = append(x.states, state{length: x.states[p].length + 1, link: x.states[q].link})
	for e := x.states[q].first; e != 0; e = x.edges[e].next {
		x.looked += 4
		x.connect(clone, x.edges[e].c, x.edges[e].to)
	}
	for ; p >= 0 && x.target(p, c) == q; p = x.states[p].link {
		x.redirect(p, c, clone)
	}
	x.states[q].link, x.states[current].link = clone, clone
	return current
}

// target returns where the edge of a state leads, -1 if there is none.
func (x *Index) target(s int32, c byte) int32 {
	if s == 0 {
		return x.root[c] - 1
	}
	if t := x.states[s].table; t != 0 {
		return x.tables[t-1][c] - 1
	}
	n := 0
	for e := x.states[s].first; e != 0; e = x.edges[e].next {
		n++
		if x.edges[e].c == c {
			x.looked += n
			return x.edges[e].to
		}
	}
	x.looked += n
	return -1
}

func (x *Index) connect(s int32, c byte, to int32) {
	if s == 0 {
		x.root[c] = to + 1
		return
	}
	x.edges = append(x.edges, edge{to, x.states[s].first, c})
	st := &x.states[s]
	st.first = int32(len(x.edges) - 1)
	st.degree++
	switch {
	case st.table != 0:
		x.tables[st.table-1][c] = to + 1
	case st.degree == tabled:
		x.tables = append(x.tables, [256]int32{})
		st.table = int32(len(x.tables))
		x.looked += 5 * tabled
		for e := st.first; e != 0; e = x.edges[e].next {
			x.tables[st.table-1][x.edges[e].c] = x.edges[e].to + 1
		}
	}
}

func (x *Index) redirect(s int32, c byte, to int32) {
	if s == 0 {
		x.root[c] = to + 1
		return
	}
	if t := x.states[s].table; t != 0 {
		x.tables[t-1][c] = to + 1
	}
	for e := x.states[s].first; e != 0; e = x.edges[e].next {
		x.looked++
		if x.edges[e].c == c {
			x.edges[e].to = to
			return
		}
	}
}
