package format

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// JSON appends one object that has a member for each entry, with the key as its
// name. A value that is not UTF-8 is an error with the code invalid_value.
func JSON(d *Document, entries []Entry) error {
	undo := d.undo()
	d.Append('{')
	separator := "\n"
	err := each(d, entries, func(e Entry, value []byte) error {
		if !utf8.Valid(value) {
			return refuse(e, "the value is not UTF-8, which JSON must be")
		}
		d.AppendString(separator + "  ")
		separator = ",\n"
		d.AppendQuoted([]byte(e.Key))
		d.AppendString(": ")
		d.AppendQuoted(value)
		return nil
	})
	if err != nil {
		undo()
		return err
	}
	if len(entries) > 0 {
		d.Append('\n')
	}
	d.AppendString("}\n")
	return nil
}

// AppendQuoted appends UTF-8 text in double quotes, in a form that JSON, YAML 1.1
// and YAML 1.2 read alike: it escapes characters that one of them rejects or treats
// as a line end.
func (d *Document) AppendQuoted(text []byte) {
	d.Append('"')
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '"' || r == '\\':
			d.Append('\\', byte(r))
		case r == '\n':
			d.AppendString(`\n`)
		case r == '\r':
			d.AppendString(`\r`)
		case r == '\t':
			d.AppendString(`\t`)
		case hidden(r):
			d.AppendString(`\u`)
			for shift := 12; shift >= 0; shift -= 4 {
				d.Append(hexDigits[r>>shift&15])
			}
		default:
			d.Append(text[:size]...)
		}
		text = text[size:]
	}
	d.Append('"')
}

// hidden reports whether r is a control character, a line end in JSON or YAML, a
// byte order mark or a noncharacter. All of these fit in four hexadecimal digits.
func hidden(r rune) bool {
	return r < ' ' || 0x7f <= r && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff
}
