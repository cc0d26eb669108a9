package format

import (
	"encoding/base64"
	"unicode/utf8"
)

// YAML appends one mapping that has a line for each entry, with the key as its name.
// Everything is in double quotes, so that no value is read as a number, a date or a
// boolean. Values that are not UTF-8 get the type !!binary.
func YAML(d *Document, entries []Entry) error {
	if len(entries) == 0 {
		d.AppendString("{}\n")
	}
	return each(d, entries, func(e Entry, value []byte) error {
		d.AppendQuoted([]byte(e.Key))
		d.AppendString(": ")
		if utf8.Valid(value) {
			d.AppendQuoted(value)
		} else {
			d.AppendString(`!!binary "`)
			d.AppendBase64(value)
			d.Append('"')
		}
		d.Append('\n')
		return nil
	})
}

// AppendBase64 appends the value in standard base64, with padding.
func (d *Document) AppendBase64(value []byte) {
	d.grow(base64.StdEncoding.EncodedLen(len(value)))
	d.b = base64.StdEncoding.AppendEncode(d.b, value)
}
