package format

import "bytes"

// Shell appends export statements for a POSIX shell, one per entry, for eval or
// the "." command. Values are bytes and need not be UTF-8; one with a NUL byte
// is an error with the code invalid_value, since no variable can hold it.
func Shell(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if bytes.IndexByte(value, 0) >= 0 {
			return refuse(e, "the value holds a NUL byte, which no variable can")
		}
		d.AppendString("export " + e.Name + "=")
		appendShell(d, value)
		d.Append('\n')
		return nil
	})
}

// appendShell quotes a value as one word. Nothing is special between single
// quotes but a single quote.
func appendShell(d *Document, value []byte) {
	d.Append('\'')
	for {
		before, after, found := bytes.Cut(value, []byte("'"))
		d.Append(before...)
		if !found {
			break
		}
		d.AppendString(`'\''`)
		value = after
	}
	d.Append('\'')
}
