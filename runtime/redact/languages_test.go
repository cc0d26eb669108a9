package redact_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// unprinted is a character that languages write as an escape.
type unprinted struct {
	rune
	raw  string // of one byte if it is not UTF-8
	next byte   // what follows
}

func (c unprinted) isByte() bool { return len(c.raw) == 1 && c.raw[0] >= 0x80 }

// before reports whether one of the characters follows.
func (c unprinted) before(chars string) bool { return strings.IndexByte(chars, c.next) >= 0 }

// each writes each byte.
func (c unprinted) each(one func(byte) string) string {
	var b strings.Builder
	for _, x := range []byte(c.raw) {
		b.WriteString(one(x))
	}
	return b.String()
}

func (c unprinted) bytes(format string) string {
	return c.each(func(x byte) string { return fmt.Sprintf(format, x) })
}

// one writes the character, if it is one from first to last.
func (c unprinted) one(first, last rune, format string) string {
	if c.isByte() || c.rune < first || c.rune > last {
		return ""
	}
	return fmt.Sprintf(format, c.rune)
}

// all writes any character.
func (c unprinted) all(format string) string { return c.one(0, utf8.MaxRune, format) }

// units writes each half of the character in UTF-16.
func (c unprinted) units(format string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune{c.rune}) {
		fmt.Fprintf(&b, format, u)
	}
	return when(!c.isByte(), b.String())
}

// letter writes a control character for which a letter stands: the first of the letters is
// that of BEL.
func (c unprinted) letter(letters string, more ...string) string {
	if i := int(c.rune) - 7; i >= 0 && i < len(letters) && letters[i] != ' ' {
		return `\` + letters[i:i+1]
	}
	text, _ := named(more...)(c.rune)
	return text
}

func when(is bool, text string) string {
	if is {
		return text
	}
	return ""
}

const (
	digits    = "0123456789"
	hexDigits = digits + "abcdefABCDEF"
	inC       = "abtnvfr" // the letters for BEL to CR
)

// languages are the shells, languages and programs of services that print some characters
// as backslash escapes, each written from its definition or from what it prints. "" is a
// character that it has no escape for. The others, which are not read, are in the limits of
// examples/redaction.
var languages = map[string]func(c unprinted) string{
	"bash, GNU":             func(c unprinted) string { return cmp.Or(c.letter(inC, "\x1b", `\E`), c.bytes(`\%03o`)) },
	"C, gdb, R, tcsh":       func(c unprinted) string { return cmp.Or(c.letter(inC), c.bytes(`\%03o`)) },
	"C#, D, Python, elvish": func(c unprinted) string { return cmp.Or(c.units(`\u%04x`), c.bytes(`\x%02x`)) },
	"CSS":                   func(c unprinted) string { return c.all(`\%x `) },
	"DNS, Lua, OCaml":       func(c unprinted) string { return c.bytes(`\%03d`) },
	"Go, Python, C++, Swift": func(c unprinted) string {
		return cmp.Or(c.one(0, 0x7f, `\x%02x`), c.one(0, 0xffff, `\u%04x`), c.all(`\U%08x`), c.bytes(`\x%02x`))
	},
	"Haskell": func(c unprinted) string {
		names := strings.Fields(`NUL SOH STX ETX EOT ENQ ACK a b t n v f r SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US`)
		switch {
		case c.rune == 0x0e && c.next == 'H':
			return `\SO\&`
		case c.rune < 0x20:
			return `\` + names[c.rune]
		case c.rune == 0x7f:
			return `\DEL`
		}
		return c.all(`\%d`) + when(c.before(digits), `\&`)
	},
	"Java, JSON, JavaScript": func(c unprinted) string { return c.units(`\u%04x`) },
	"YSH":                    func(c unprinted) string { return cmp.Or(c.all(`\u{%x}`), c.bytes(`\y%02x`)) },
	"Julia": func(c unprinted) string {
		wide := func(short, long string) string { return cmp.Or(when(c.before(hexDigits), long), short) }
		return cmp.Or(c.letter(inC, "\x1b", `\e`), c.one(0, 0x7f, `\x%02x`), c.one(0, 0xffff, wide(`\u%x`, `\u%04x`)), c.all(wide(`\U%x`, `\U%08x`)), c.bytes(`\x%02x`))
	},
	"ksh93": func(c unprinted) string {
		return cmp.Or(c.letter(inC, "\x1b", `\E`), c.one(0x80, utf8.MaxRune, `\u[%x]`), when(c.before(hexDigits), c.bytes(`\x[%02x]`)), c.bytes(`\x%02x`))
	},
	"LDAP, certificates": func(c unprinted) string { return c.bytes(`\%02X`) },
	"mksh": func(c unprinted) string {
		return cmp.Or(c.letter(inC), c.one(0x80, 0xffff, `\u%04x`), c.bytes(`\%03o`))
	},
	"MySQL": func(c unprinted) string { return c.letter("   n  r", "\x00", `\0`, "\x1a", `\Z`) },
	"OpenSSL": func(c unprinted) string {
		return cmp.Or(c.one(0, 0xff, `\%02X`), c.one(0, 0xffff, `\U%04X`), c.all(`\W%08X`))
	},
	"Elixir": func(c unprinted) string {
		return cmp.Or(c.letter(inC, "\x1b", `\e`, "\x7f", `\d`), c.one(0, 0xff, `\x%02X`), c.one(0, 0xffff, `\u%04X`), c.all(`\x{%X}`), c.bytes(`\x%02X`))
	},
	"Emacs":        func(c unprinted) string { return when(!c.isByte(), c.all(`\x%04x`)+when(c.before(hexDigits), `\ `)) },
	"Emacs, octal": func(c unprinted) string { return c.bytes(cmp.Or(when(c.before(digits), `\%03o`), `\%o`)) },
	"Erlang": func(c unprinted) string {
		return cmp.Or(c.letter(" btnvf ", "\x1b", `\e`, "\x7f", `\d`), c.one(0, 0x9f, `\%03o`), c.one(0, 0xff, `\x%02x`), c.all(`\x{%X}`), c.bytes(`\x%02x`))
	},
	"Erlang, GKeyFile": func(c unprinted) string { return c.letter("", " ", `\s`) },
	"fish": func(c unprinted) string {
		return cmp.Or(c.letter(" btn  r", "\x1b", `\e`), when(c.rune > 0 && c.rune < 27, `\c`+string('a'+c.rune-1)), c.one(0, 0x7f, `\x%02x`), when(c.isByte(), c.bytes(`\X%02x`)))
	},
	"Guile": func(c unprinted) string {
		return cmp.Or(c.letter(inC), c.one(0, 0xff, `\x%02x`), c.one(0, 0xffff, `\u%04x`), c.all(`\U%06x`))
	},
	"Perl": func(c unprinted) string {
		return cmp.Or(c.letter("abtn fr", "\x1b", `\e`), c.one(0x80, utf8.MaxRune, `\x{%x}`), c.bytes(cmp.Or(when(c.before(digits), `\%03o`), `\%o`)))
	},
	"Perl, octal":       func(c unprinted) string { return c.all(`\o{%o}`) },
	"Perl, code points": func(c unprinted) string { return c.all(`\N{U+%04X}`) },
	"Prolog":            func(c unprinted) string { return cmp.Or(c.letter(inC), c.all(`\x%X\`)) },
	"Prolog, octal":     func(c unprinted) string { return c.one(0, 0xff, `\%o\`) },
	"property lists":    func(c unprinted) string { return cmp.Or(c.one(0, 0x7f, `\%03o`), c.units(`\U%04x`)) },
	"Qt":                func(c unprinted) string { return cmp.Or(c.bytes(`\x%02X`)) + when(c.before(hexDigits), `""`) },
	"R": func(c unprinted) string {
		return cmp.Or(c.one(0, 0x7f, `\%03o`), c.one(0, 0xffff, `\u%04x`), c.all(`\U{%06x}`), c.bytes(`\x%02x`))
	},
	"Raku": func(c unprinted) string { return c.all(`\x[%X]`) },
	"Ruby, Rust, PHP": func(c unprinted) string {
		return cmp.Or(c.letter(inC, "\x1b", `\e`), c.all(`\u{%x}`), c.bytes(`\x%02X`))
	},
	"Scheme": func(c unprinted) string { return c.all(`\x%x;`) },
	"SQL":    func(c unprinted) string { return cmp.Or(c.one(0, 0xffff, `\%04x`), c.all(`\+%06x`)) },
	"Standard ML": func(c unprinted) string {
		return cmp.Or(c.letter(inC), when(c.rune < 0x20, `\^`+string('@'+c.rune)), c.bytes(`\%03d`))
	},
	"systemd, nginx": func(c unprinted) string { return c.bytes(`\x%02x`) },
	"vis":            func(c unprinted) string { return c.each(visOf) },
	"vis -c":         func(c unprinted) string { return cmp.Or(c.letter(inC, " ", `\s`), c.bytes(`\%03o`)) },
	"YAML": func(c unprinted) string {
		return cmp.Or(c.letter(inC, "\x1b", `\e`, "\u00a0", `\_`, "\u0085", `\N`, "\u2028", `\L`, "\u2029", `\P`), c.one(0, 0xff, `\x%02X`), c.one(0, 0xffff, `\u%04X`), c.all(`\U%08X`))
	},
	"zsh": func(c unprinted) string { return c.each(zshOf) },
}

// visOf is how vis of BSD writes a byte.
func visOf(c byte) string {
	meta := map[bool]string{false: `\`, true: `\M`}[c >= 0x80]
	switch low := c & 0x7f; {
	case low < ' ' || low == 0x7f:
		return meta + "^" + string(rune(low^0x40))
	case low == ' ':
		return fmt.Sprintf(`\%03o`, c)
	default:
		return meta + "-" + string(rune(low))
	}
}

// escapedBy writes v as a language does; ok is false if it has no escape for a character.
func escapedBy(language func(unprinted) string, v string) (text string, ok bool) {
	var b strings.Builder
	for len(v) > 0 {
		r, size := utf8.DecodeRuneInString(v)
		c := unprinted{rune: r, raw: v[:size]}
		if v = v[size:]; v != "" {
			c.next = v[0]
		}
		switch text := language(c); {
		case r > ' ' && r < 0x7f:
			b.WriteRune(r)
		case r == ' ' && text != `\s`:
			b.WriteByte(' ')
		case text == "":
			return "", false
		default:
			b.WriteString(text)
			ok = true
		}
	}
	return b.String(), ok
}

// TM-156: values are masked as shells and languages print them, also in JSON and in a URL,
// however the writes are divided.
func TestTM156Languages(t *testing.T) {
	t.Parallel()
	printed := map[string]int{}
	for _, v := range []string{
		"p\u00e41ssw-g\u00a0rd\u200bf-x9", "k\x01a\x0eH-\x1b2\x7f9-\x1cz7q", "tok-\U0001f600a-9\u2028wx", "p\xe4ssw\xf6rd1-L\xa0t\x85n",
		"sub\x1aend-\x00nul-7", "two words-7\x7fa", "two words here-7x", "\u00a0x7-begin", "\x02\x01y7\u00b2z-k",
	} {
		r := filled(t, redact.AllEncodings, []string{v})
		for name, language := range languages {
			text, ok := escapedBy(language, v)
			if !ok {
				continue
			}
			printed[name]++
			for n, outer := range []func(string) string{func(s string) string { return s }, jsonOf, keeping("", percentOf), references("&#%d;")} {
				in, want := "a "+outer(text)+" b\n", "a [REDACTED:key/00000] b\n"
				if got := r.String(in); got != want {
					t.Errorf("%s of %q: %q became %q", name, v, in, got)
				}
				check := func(i int) bool {
					got := string(pass(t, r, []byte(in[:i]), []byte(in[i:])))
					if got != want {
						t.Errorf("%s of %q, cut at %d: %q became %q", name, v, i, in, got)
					}
					return got == want
				}
				if n > 0 {
					sample.Of(t, len(in))(check)
					continue
				}
				for i := 0; i < len(in) && check(i); i++ {
				}
			}
		}
	}
	for name := range languages {
		if printed[name] == 0 {
			t.Errorf("%s: no value was printed", name)
		}
	}
}
