package format

import "bytes"

// Dotenv appends NAME=value lines, one per entry. Like the file module it writes a
// plain value without quotes, any other in single quotes, and one with single quotes
// or line ends in double quotes; dotenv readers differ least on these forms. A value
// that has a NUL byte or is not UTF-8 is an error with the code invalid_value.
func Dotenv(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if err := text(e, value, "a dotenv file"); err != nil {
			return err
		}
		d.AppendString(e.Name + "=")
		appendDotenv(d, value)
		d.Append('\n')
		return nil
	})
}

func appendDotenv(d *Document, value []byte) {
	switch {
	case plain(value):
		d.Append(value...)
	case !bytes.ContainsAny(value, "'\n\r"):
		d.Append('\'')
		d.Append(value...)
		d.Append('\'')
	default:
		d.Append('"')
		for _, b := range value {
			switch b {
			case '\n':
				d.AppendString(`\n`)
			case '\r':
				d.AppendString(`\r`)
			case '"', '\\', '$':
				d.Append('\\', b)
			default:
				d.Append(b)
			}
		}
		d.Append('"')
	}
}

// plain reports whether no byte of value has a meaning in any dotenv reader.
func plain(value []byte) bool {
	for _, b := range value {
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
		if !letter && bytes.IndexByte([]byte("_-./:@%+,="), b) < 0 {
			return false
		}
	}
	return true
}
