package capability

// fieldHeader is the length in bytes of a field's tag and length.
const fieldHeader = 6

// minListing is the smallest buffer of a listing that outgrew the one it began in.
const minListing = 1 << 10

// Listing is an answer that grows entry by entry within the limits of a listing and
// the memory of the call.
type Listing struct {
	Buf   []byte
	call  *Call
	keys  int   // entries left
	bytes int64 // bytes left
}

// NewListing returns an empty listing that is built in buf.
func (c *Call) NewListing(buf []byte) *Listing {
	return &Listing{Buf: buf, call: c, keys: c.set.opt.MaxKeys, bytes: c.set.opt.MaxListing}
}

// Reserve charges one entry, a field of n bytes, takes it off the limits, and makes
// room for it. It reports false if the entry does not fit.
func (l *Listing) Reserve(n int) bool {
	l.call.Charge(EntryUnits + Copied(n))
	l.keys, l.bytes = l.keys-1, l.bytes-int64(n)-fieldHeader
	return l.keys >= 0 && l.bytes >= 0 && l.grow(n+fieldHeader)
}

// grow makes room for n more bytes in a buffer that the call holds.
func (l *Listing) grow(n int) bool {
	old := l.Buf
	if len(old)+n <= cap(old) {
		return true
	}
	size := max(minListing, 2*cap(old), len(old)+n)
	if !l.call.TryHold(size - cap(old)) {
		return false
	}
	l.call.Charge(2 * Copied(size))
	l.Buf = append(make([]byte, 0, size), old...)
	clear(old)
	return true
}
