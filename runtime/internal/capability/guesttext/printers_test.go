package guesttext_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"mime/quotedprintable"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// byBytes writes each byte of s, byRunes each character, as f returns it.
func byBytes(s string, f func(c byte) string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteString(f(s[i]))
	}
	return b.String()
}

func byRunes(s string, f func(r rune) string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(f(r))
	}
	return b.String()
}

// escapedRune returns how a language writes a character in its quotes: those that are not
// ASCII as other returns them.
func escapedRune(r rune, quotes string, other func(r rune) string) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\\', strings.ContainsRune(quotes, r):
		return `\` + string(r)
	case r >= 0x7f:
		return other(r)
	}
	return string(r)
}

func numbered(format string) func(byte) string {
	return func(c byte) string {
		return escapedRune(rune(c), `"'`, func(r rune) string { return fmt.Sprintf(format, r) })
	}
}

func inUTF16(s string, bigEndian bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		if bigEndian {
			u = u<<8 | u>>8
		}
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

func inJSON(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func inQuotedPrintable(s string) string {
	var b strings.Builder
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// inList returns lines of base64 with a separator between them.
func inList(s, separator string) string {
	lines := columns(base64.StdEncoding.EncodeToString([]byte("0123456789 "+s)), 16, "\n")
	return `["` + strings.ReplaceAll(lines, "\n", separator) + `"]`
}

// printers are the ways in which real programs print a text.
var printers = map[string]func(string) string{
	"Go %q":     strconv.Quote,
	"Go %+q":    strconv.QuoteToASCII,
	"Go %q, %q": func(s string) string { return strconv.Quote(strconv.QuoteToASCII(s)) },
	"Go %x":     func(s string) string { return fmt.Sprintf("%x", s) },
	"Go %X":     func(s string) string { return fmt.Sprintf("%#X", s) },
	"Rust {:?}": func(s string) string {
		return byRunes(s, func(r rune) string { return escapedRune(r, `"`, func(r rune) string { return string(r) }) })
	},
	"Rust escape_default": func(s string) string {
		return byRunes(s, func(r rune) string {
			return escapedRune(r, `"'`, func(r rune) string { return fmt.Sprintf(`\u{%x}`, r) })
		})
	},
	"Rust escape_ascii": func(s string) string { return byBytes(s, numbered(`\x%02x`)) },
	"Python ascii": func(s string) string {
		return byRunes(s, func(r rune) string {
			return escapedRune(r, `'`, func(r rune) string {
				format := map[bool]string{true: `\x%02x`, false: `\u%04x`}[r < 0x100]
				if r > 0xffff {
					format = `\U%08x`
				}
				return fmt.Sprintf(format, r)
			})
		})
	},
	"Python bytes":    func(s string) string { return "b'" + byBytes(s, numbered(`\x%02x`)) + "'" },
	"C, all bytes":    func(s string) string { return byBytes(s, func(c byte) string { return fmt.Sprintf(`\x%02X`, c) }) },
	"C, octal":        func(s string) string { return byBytes(s, numbered(`\%03o`)) },
	"Lua, DNS":        func(s string) string { return byBytes(s, numbered(`\%03d`)) },
	"JSON":            inJSON,
	"JSON in JSON":    func(s string) string { return inJSON(inJSON(s)) },
	"JSON of PHP":     func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) },
	"JSON in a query": func(s string) string { return url.QueryEscape(inJSON(s)) },
	"JSON in HTML":    func(s string) string { return html.EscapeString(inJSON(s)) },
	"JavaScript escape": func(s string) string {
		return byRunes(s, func(r rune) string {
			switch {
			case r < 0x80:
				return url.PathEscape(string(r))
			case r < 0x100:
				return fmt.Sprintf("%%%02X", r)
			}
			var b strings.Builder
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, "%%u%04X", u)
			}
			return b.String()
		})
	},
	"encodeURIComponent": url.PathEscape,
	"form, twice":        func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"percent, lower":     func(s string) string { return byBytes(s, func(c byte) string { return fmt.Sprintf("%%%02x", c) }) },
	"HTML":               html.EscapeString,
	"HTML, decimal":      func(s string) string { return byRunes(s, func(r rune) string { return fmt.Sprintf("&#%d;", r) }) },
	"base64 for URLs":    func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64, columns": func(s string) string {
		return columns(base64.StdEncoding.EncodeToString([]byte("0123456789 "+s)), 16, "\n")
	},
	"base64, list":      func(s string) string { return inList(s, `","`) },
	"base64, Go":        func(s string) string { return inList(s, "\" +\n\t\"") },
	"base64, C":         func(s string) string { return inList(s, "\"\n\"") },
	"base64, bars":      func(s string) string { return inList(s, "\n\t| ") },
	"base64 in a query": func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))) },
	"base64 in JSON":    func(s string) string { return inJSON(columns(base64.StdEncoding.EncodeToString([]byte(s)), 16, "\n")) },
	"base64 of PHP": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte("??>>"+s)), "/", `\/`)
	},
	"base32":                   func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
	"hexadecimal, lines":       func(s string) string { return columns(hex.EncodeToString([]byte(s)), 16, "\n") },
	"quoted-printable":         inQuotedPrintable,
	"quoted-printable in JSON": func(s string) string { return inJSON(inQuotedPrintable(s)) },
	"UTF-16":                   func(s string) string { return inUTF16(s, false) },
	"UTF-16, big-endian":       func(s string) string { return inUTF16(s, true) },
	"UTF-16 by Go":             func(s string) string { return strconv.Quote(inUTF16("="+s, false)) },
	"shell":                    func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" },
	"Python shlex":             func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'" },
	"SQL":                      func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" },
	"YAML folded":              func(s string) string { return ">-\n  " + strings.ReplaceAll(s, " ", "\n  ") },
	"other line ends":          func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
	"columns":                  func(s string) string { return strings.ToValidUTF8(columns(s, 12, "\n"), "") },
}

// What real programs print of a value is masked, however the file has it.
func TestTM019WhatRealProgramsPrintIsMasked(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"hunter2-horse", "pässwörd-42", "пароль-конь", "密码马电池", "🔑key-🐴horse", `it's "my" c&r%e<t>`, "tab\there\nnewline ünd",
		"back\\slash/ed+on=", "correct horse battery",
	} {
		for name, file := range map[string]string{
			"line": "A=1\nKEY=" + value + "\n", "quoted": "KEY=" + strconv.Quote(value), "JSON in JSON": `{"c":` + inJSON(`{"k":`+inJSON(value)+`}`) + `}`,
			"Kubernetes": "k: " + base64.StdEncoding.EncodeToString([]byte(value)) + "\n", "UTF-16": "\xff\xfe" + inUTF16("KEY="+value+"\r\n", false),
		} {
			for printer, prints := range printers {
				text := prints(value)
				for _, line := range []string{text, "cannot parse <" + text + ">"} {
					got := shownAfterReading(file, line)
					for i := 0; i+12 <= len(text); i++ {
						if part := text[i : i+12]; strings.Contains(got, part) && !strings.Contains("Pz8+PjAxMjM0NTY3ODkg", part[4:8]) {
							t.Errorf("%s, %s: %q shows %q", printer, name, got, line)
							break
						}
					}
				}
			}
		}
	}
}
