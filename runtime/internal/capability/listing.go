package capability

// fieldHeader is the length in bytes of a field's tag and length.
const fieldHeader = 6

// Listing is an answer that grows entry by entry within the limits of a listing.
type Listing struct {
	Buf   []byte
	keys  int   // entries left
	bytes int64 // bytes left
}

// NewListing returns an empty listing that is built in buf.
func (o *Options) NewListing(buf []byte) *Listing {
	return &Listing{Buf: buf, keys: o.MaxKeys, bytes: o.MaxListing}
}

// Reserve takes one entry, a field of n bytes, off the limits. It reports false if
// the entry does not fit.
func (l *Listing) Reserve(n int) bool {
	l.keys, l.bytes = l.keys-1, l.bytes-int64(n)-fieldHeader
	return l.keys >= 0 && l.bytes >= 0
}
