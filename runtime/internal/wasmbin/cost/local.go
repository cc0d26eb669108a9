package cost

// locals follow the locals of one function.
type locals struct {
	all     []local
	n       int
	private int32 // locals from here on are private
	params  int
	epoch   int32
	clock   int32
	seen    int // parameters, and locals that were used
	sets    order
	looks   order
}

// local is what is known of a local.
type local struct {
	epoch  int32   // of the function that the rest is about
	block  int32   // the basic block that defined it last; -1 for none
	loops  int32   // loops that had begun when it was looked up last
	passed float64 // by the last look-up
	used   bool
	copied bool // it got a value of before within a loop
	set    link
	looked link
}

// order is a list of locals, the one that was used last first.
type order struct{ head int32 }

// link is a place in an order.
type link struct{ at, prev, next int32 } // at is 0 if it is not in the list

func (s *locals) reset(n, private, params int) {
	for len(s.all) < n {
		s.all = append(s.all, make([]local, max(n-len(s.all), 64))...)
	}
	s.n, s.private, s.params, s.seen, s.clock = n, int32(private), params, params, 1
	s.epoch++
	s.sets.head, s.looks.head = -1, -1
}

func (s *locals) at(i int32) *local {
	l := &s.all[i]
	if l.epoch != s.epoch {
		*l = local{epoch: s.epoch, block: -1, used: int(i) < s.params}
	}
	return l
}

// see reports whether l is used for the first time.
func (s *locals) see(l *local) bool {
	if l.used {
		return false
	}
	l.used = true
	s.seen++
	return true
}

func (s *locals) set(l *local, i int32) {
	s.clock++
	s.front(&s.sets, setLink, l, i)
}

func (s *locals) look(l *local, i int32) {
	s.clock++
	s.front(&s.looks, lookedLink, l, i)
}

func setLink(l *local) *link    { return &l.set }
func lookedLink(l *local) *link { return &l.looked }

// front moves a local to the front of an order.
func (s *locals) front(o *order, of func(*local) *link, l *local, i int32) {
	k := of(l)
	if o.head == i {
		k.at = s.clock
		return
	}
	if k.at != 0 {
		of(&s.all[k.prev]).next = k.next
		if k.next >= 0 {
			of(&s.all[k.next]).prev = k.prev
		}
	}
	*k = link{at: s.clock, prev: -1, next: o.head}
	if o.head >= 0 {
		of(&s.all[o.head]).prev = i
	}
	o.head = i
}

// setSince returns how many locals were set after a time.
func (s *locals) setSince(began int32) int {
	n := 0
	for i := s.sets.head; i >= 0 && s.all[i].set.at > began; i = s.all[i].set.next {
		n++
	}
	return n
}

// lookedSince calls f for each local that was looked up after a time.
func (s *locals) lookedSince(began int32, f func(*local)) {
	for i := s.looks.head; i >= 0 && s.all[i].looked.at > began; i = s.all[i].looked.next {
		f(&s.all[i])
	}
}
