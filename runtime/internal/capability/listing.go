package capability

const (
	// fieldHeader is the length in bytes of a field's tag and length.
	fieldHeader = 6
	// infoSize is the length in bytes of the fields kind and size.
	infoSize = fieldHeader + 4 + fieldHeader + 8
)

// listing is an answer that grows entry by entry within the caps.
type listing struct {
	buf   []byte
	keys  int   // entries left
	bytes int64 // bytes left
}

// newListing begins a listing in the call's scratch buffer.
func newListing(c *Call) *listing {
	return &listing{buf: c.scratch[:0], keys: c.set.opt.MaxKeys, bytes: c.set.opt.MaxListing}
}

// room takes one entry, a field of n bytes, off the caps, and reports whether it fits.
func (l *listing) room(n int) bool {
	l.keys, l.bytes = l.keys-1, l.bytes-int64(n)-fieldHeader
	return l.keys >= 0 && l.bytes >= 0
}

// done returns the listing and leaves its buffer to the call.
func (l *listing) done(c *Call) []byte {
	c.scratch = l.buf
	return l.buf
}
