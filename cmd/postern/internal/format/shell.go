package format

import "bytes"

// Shell appends export statements for a POSIX shell, one per entry, for eval or the
// "." command. Values need not be UTF-8. A value with a NUL byte is an error with
// the code invalid_value, because a variable cannot contain it.
func Shell(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if bytes.IndexByte(value, 0) >= 0 {
			return refuse(e, "the value contains a NUL byte, which a variable cannot")
		}
		d.AppendString("export " + e.Name + "=")
		appendShell(d, value)
		d.Append('\n')
		return nil
	})
}

// appendShell appends a value as one word in single quotes. Within them only the
// single quote itself is special.
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
