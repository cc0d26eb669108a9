package wasmbin

import (
	"encoding/binary"
	"unicode/utf8"
)

// reader reads the bytes [pos, end) of b. After the first error, which it keeps, it
// returns zero values: every loop over a count must check err.
type reader struct {
	b   []byte
	pos int
	end int
	err *Error
}

func (r *reader) fail(reason Reason, format string, args ...any) {
	if r.err == nil {
		r.err = refuse(reason, r.pos, format, args...)
	}
}

func (r *reader) done() bool { return r.err != nil || r.pos >= r.end }

func (r *reader) byte(what string) byte {
	if r.err != nil {
		return 0
	}
	if r.pos >= r.end {
		r.fail(Truncated, "unexpected end of input in %s", what)
		return 0
	}
	c := r.b[r.pos]
	r.pos++
	return c
}

// take returns the next n bytes without copying them.
func (r *reader) take(n uint32, what string) []byte {
	if r.err != nil {
		return nil
	}
	if uint64(n) > uint64(r.end-r.pos) {
		r.fail(Truncated, "%s needs %d bytes, but %d are left", what, n, r.end-r.pos)
		return nil
	}
	p := r.b[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return p
}

// sub returns a reader of the next n bytes and skips them.
func (r *reader) sub(n uint32, what string) *reader {
	start := r.pos
	r.take(n, what)
	return &reader{b: r.b, pos: start, end: r.pos, err: r.err}
}

func (r *reader) u32(what string) uint32 {
	return uint32(r.unsigned(32, what))
}

// count reads the length of a vector whose items take at least one byte each.
func (r *reader) count(limit int, what string) int {
	at := r.pos
	n := r.u32(what)
	if r.err != nil {
		return 0
	}
	if int64(n) > int64(limit) {
		r.pos = at
		r.fail(TooMany, "%d %s, at most %d are accepted", n, what, limit)
		return 0
	}
	if int64(n) > int64(r.end-r.pos) {
		r.fail(Truncated, "%d %s do not fit into the %d bytes that are left", n, what, r.end-r.pos)
		return 0
	}
	return int(n)
}

func (r *reader) unsigned(bits uint, what string) uint64 {
	var v uint64
	for shift := uint(0); ; shift += 7 {
		c := r.byte(what)
		if r.err != nil {
			return 0
		}
		if left := bits - shift; left < 8 && c>>left != 0 {
			r.pos--
			r.fail(Malformed, "%s does not fit into %d bits", what, bits)
			return 0
		}
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

func (r *reader) signed(bits uint, what string) int64 {
	var v int64
	for shift := uint(0); ; {
		c := r.byte(what)
		if r.err != nil {
			return 0
		}
		if left := bits - shift; left < 8 && !fitsSigned(c, left) {
			r.pos--
			r.fail(Malformed, "%s does not fit into %d bits", what, bits)
			return 0
		}
		v |= int64(c&0x7f) << shift
		shift += 7
		if c < 0x80 {
			if shift < 64 {
				v = v << (64 - shift) >> (64 - shift)
			}
			return v
		}
	}
}

// fitsSigned reports whether c can be the last byte of a signed number of which left
// bits remain: no byte follows, and the bits above repeat the sign.
func fitsSigned(c byte, left uint) bool {
	if c >= 0x80 {
		return false
	}
	top := int8(c<<1) >> 1
	top >>= left - 1
	return top == 0 || top == -1
}

func (r *reader) name(what string) string {
	n := r.u32(what)
	at := r.pos
	p := r.take(n, what)
	if r.err == nil && !utf8.Valid(p) {
		r.pos = at
		r.fail(Malformed, "%s is not UTF-8", what)
		return ""
	}
	return string(p)
}

func (r *reader) fixed32(what string) uint64 {
	if p := r.take(4, what); len(p) == 4 {
		return uint64(binary.LittleEndian.Uint32(p))
	}
	return 0
}

func (r *reader) fixed64(what string) uint64 {
	if p := r.take(8, what); len(p) == 8 {
		return binary.LittleEndian.Uint64(p)
	}
	return 0
}
