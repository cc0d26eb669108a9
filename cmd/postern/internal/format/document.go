package format

// Document is a text under construction that holds values. It overwrites the
// memory it leaves behind when it grows, and all of it in [Document.Wipe]. The
// zero Document is empty.
type Document struct{ b []byte }

// Bytes returns the text, which is the document's own until it changes.
func (d *Document) Bytes() []byte { return d.b }

// Len is the length of the text in bytes.
func (d *Document) Len() int { return len(d.b) }

// Append adds b.
func (d *Document) Append(b ...byte) {
	d.grow(len(b))
	d.b = append(d.b, b...)
}

// AppendString adds s.
func (d *Document) AppendString(s string) {
	d.grow(len(s))
	d.b = append(d.b, s...)
}

// Wipe overwrites the text and empties the document.
func (d *Document) Wipe() {
	clear(d.b[:cap(d.b)])
	d.b = nil
}

// grow makes room for n bytes more.
func (d *Document) grow(n int) {
	if cap(d.b)-len(d.b) >= n {
		return
	}
	larger := make([]byte, len(d.b), max(2*cap(d.b), len(d.b)+n, 1024))
	copy(larger, d.b)
	clear(d.b)
	d.b = larger
}

// undo returns a function that cuts the document back to its length now, for
// those who fail half way.
func (d *Document) undo() func() {
	n := len(d.b)
	return func() {
		clear(d.b[n:])
		d.b = d.b[:n]
	}
}
