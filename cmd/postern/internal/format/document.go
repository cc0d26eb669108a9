package format

// Document is a buffer for text that contains values. When it grows, it overwrites
// the memory that it no longer uses; [Document.Wipe] overwrites all of it. The zero
// Document is empty.
type Document struct{ b []byte }

// Bytes returns the text. The slice is valid until the document changes.
func (d *Document) Bytes() []byte { return d.b }

// Append appends b.
func (d *Document) Append(b ...byte) {
	d.grow(len(b))
	d.b = append(d.b, b...)
}

// AppendString appends s.
func (d *Document) AppendString(s string) {
	d.grow(len(s))
	d.b = append(d.b, s...)
}

// Wipe overwrites the text and empties the document.
func (d *Document) Wipe() {
	clear(d.b[:cap(d.b)])
	d.b = nil
}

// grow makes room for n more bytes.
func (d *Document) grow(n int) {
	if cap(d.b)-len(d.b) >= n {
		return
	}
	larger := make([]byte, len(d.b), max(2*cap(d.b), len(d.b)+n, 1024))
	copy(larger, d.b)
	clear(d.b)
	d.b = larger
}

// undo returns a function that cuts the document back to its present length, for a
// caller that fails after appending.
func (d *Document) undo() func() {
	n := len(d.b)
	return func() {
		clear(d.b[n:])
		d.b = d.b[:n]
	}
}
