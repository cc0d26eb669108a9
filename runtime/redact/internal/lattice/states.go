package lattice

// state is a place in the text, what was read of the value before, and what was the
// last character of that.
type state struct {
	place, done int
	before      kind
	head        [minSize]byte // what was read, if no value is compared yet
}

// states is a set of states, most often a small one.
type states struct {
	few  [12]state
	n    int
	many map[state]struct{}
}

// add adds a state, and reports whether it is new.
func (s *states) add(st state) bool {
	for i := range s.n {
		if s.few[i] == st {
			return false
		}
	}
	if s.n < len(s.few) {
		s.few[s.n] = st
		s.n++
		return true
	}
	if _, ok := s.many[st]; ok {
		return false
	}
	if s.many == nil {
		s.many = map[state]struct{}{}
	}
	s.many[st] = struct{}{}
	return true
}

// keptStates is how many states the map keeps room for.
const keptStates = 1 << 10

func (s *states) reset() {
	s.n = 0
	if n := len(s.many); n > keptStates {
		s.many = nil
	} else if n > 0 {
		clear(s.many)
	}
}

func (s *states) wipe() {
	s.reset()
	clear(s.few[:])
}
