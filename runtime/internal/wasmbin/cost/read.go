package cost

// noBlock is the type of a block without parameters and results; other types that are
// one byte are the type of one result.
const noBlock = 0x40

// reader reads code that has been checked. Beyond its end there are zeros.
type reader struct {
	b  []byte
	at int
}

func (r *reader) byte() byte {
	if r.at >= len(r.b) {
		return 0
	}
	r.at++
	return r.b[r.at-1]
}

func (r *reader) number() uint64 {
	c := r.byte()
	if c < 0x80 {
		return uint64(c)
	}
	v := uint64(c & 0x7f)
	for shift := 7; c >= 0x80 && shift < 64; shift += 7 {
		c = r.byte()
		v |= uint64(c&0x7f) << shift
	}
	return v
}

func (r *reader) skip(im immediate) {
	switch im {
	case number:
		r.number()
	case numbers, access:
		r.number()
		r.number()
	case lane:
		r.at++
	case laneOf:
		r.number()
		r.number()
		r.at++
	case four:
		r.at += 4
	case eight:
		r.at += 8
	case sixteen:
		r.at += 16
	}
}

// signature reads the type of a block.
func (r *reader) signature(types []Type) Type {
	if r.at < len(r.b) && r.b[r.at]&0xc0 == 0x40 { // a negative number of one byte
		if r.byte() == noBlock {
			return Type{}
		}
		return Type{Results: 1}
	}
	return types[r.number()]
}
