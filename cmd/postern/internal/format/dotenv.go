package format

import (
	"bytes"
)

// Dotenv appends NAME=value lines, one per entry. They are read back alike by a shell
// (set -a; . FILE), python-dotenv, npm's dotenv, node --env-file and godotenv, and no
// shell executes a part of them. A value or name that cannot be written so that all
// of them read it is an error with the code invalid_value or invalid_key. The dialect
// is that of the module dotenv; its DIALECT.md has the rules.
func Dotenv(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if err := text(e, value, "a dotenv file"); err != nil {
			return err
		}
		if !word(e.Name) {
			return refuseName(e, "a dotenv file needs a variable name of letters, digits and _ that does not begin with a digit")
		}
		if keptByShells(e.Name) {
			return refuseName(e, shellsKeep(e.Name))
		}
		quote, why := dotenvQuote(value)
		if why != "" {
			return refuse(e, why)
		}
		d.AppendString(e.Name + "=" + quote)
		d.Append(value...)
		d.AppendString(quote + "\n")
		return nil
	})
}

// dotenvQuote returns the quotes between which a value is written as it is, or why
// no way to write it is read alike everywhere.
func dotenvQuote(value []byte) (quote, why string) {
	if bytes.IndexByte(value, '\r') >= 0 {
		return "", "dotenv readers differ on a carriage return"
	}
	if _, rest, found := bytes.Cut(value, []byte("${")); found && bytes.IndexByte(rest, '}') >= 0 {
		return "", "some dotenv readers expand ${...}"
	}
	single := bytes.IndexByte(value, '\'') >= 0
	switch {
	case len(value) > 0 && plain(value):
		return "", ""
	case !single && (bytes.HasSuffix(value, []byte(`\`)) || bytes.Contains(value, []byte(`\\`))):
		return "", "dotenv readers differ on a backslash at the end or before a backslash"
	case !single:
		return "'", ""
	case bytes.ContainsAny(value, "\"\\$`"):
		return "", "dotenv readers differ on a value with a single quote and one of \" \\ $ `"
	}
	return `"`, ""
}

// plain reports whether no byte of value has a meaning in any dotenv reader. After an
// "=" that begins a word, zsh expands the name of a command to its path.
func plain(value []byte) bool {
	if bytes.HasPrefix(value, []byte("=")) || bytes.Contains(value, []byte(":=")) {
		return false
	}
	for _, b := range value {
		if !letter(b) && !digit(b) && bytes.IndexByte([]byte("_-./:@%+,="), b) < 0 {
			return false
		}
	}
	return true
}

// word reports whether a shell takes name for that of a variable.
func word(name string) bool {
	for i := range len(name) {
		if b := name[i]; !letter(b) && b != '_' && (!digit(b) || i == 0) {
			return false
		}
	}
	return name != ""
}

func letter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
func digit(b byte) bool  { return '0' <= b && b <= '9' }
