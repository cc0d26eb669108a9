package hostile

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
)

const preamble = "\x00asm\x01\x00\x00\x00"

// Sections that the modules here have in common: one type () -> i32, one function,
// exported as postern_get, and one page of memory.
var (
	typePart   = section(1, "\x01\x60\x00\x01\x7f")
	funcPart   = section(3, "\x01\x00")
	memoryPart = section(5, "\x01\x00\x01")
	exportPart = section(7, "\x02"+sized("memory")+"\x02\x00"+sized("postern_get")+"\x00\x00")
	bodyZero   = sized("\x00\x41\x00\x0b")
)

func leb(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }

func sized(s string) string { return leb(len(s)) + s }

func section(id byte, content string) string { return string(id) + sized(content) }

// importing returns a module that imports one function () -> i32.
func importing(module, name string) []byte {
	imports := section(2, "\x01"+sized(module)+sized(name)+"\x00\x00")
	exports := section(7, "\x02"+sized("memory")+"\x02\x00"+sized("postern_get")+"\x00\x01")
	return []byte(preamble + typePart + imports + funcPart + memoryPart + exports + section(10, "\x01"+bodyZero))
}

// unquote decodes text in which \hh is a byte in hexadecimal.
func unquote(text string) ([]byte, error) {
	var out []byte
	for {
		plain, rest, found := strings.Cut(text, `\`)
		out = append(out, plain...)
		if !found {
			return out, nil
		}
		b, err := hex.DecodeString(rest[:min(2, len(rest))])
		if err != nil {
			return nil, err
		}
		out, text = append(out, b...), rest[len(b)*2:]
	}
}

// body returns a module with one function of these locals and instructions.
func body(locals, code string) []byte {
	return []byte(preamble + typePart + funcPart + memoryPart + exportPart + section(10, "\x01"+sized(locals+code)))
}

// made are the modules that the text format cannot express, or only at length; dear has more.
var made = map[string]func() []byte{
	"names": func() []byte {
		forged := "\x1b[31m\n{\"level\":\"ERROR\",\"msg\":\"forged\"}\r"
		names := section(0, sized("name")+"\x01"+sized("\x01\x00"+sized(forged)))
		return append(body("\x00", "\x00\x0b"), names...) // unreachable
	},
	"locals": func() []byte { return body("\x01"+leb(50_001)+"\x7e", "\x41\x00\x0b") },
	"functions": func() []byte {
		const n = 50_001
		return []byte(preamble + typePart + section(3, leb(n)+strings.Repeat("\x00", n)) + memoryPart + exportPart +
			section(10, leb(n)+strings.Repeat(bodyZero, n)))
	},
	"nesting": func() []byte {
		const n = 5_000
		return body("\x00", strings.Repeat("\x02\x40", n)+strings.Repeat("\x0b", n)+"\x41\x00\x0b")
	},
	"branches": func() []byte {
		const n = 70_000
		return body("\x00", "\x02\x40\x41\x00\x0e"+leb(n)+strings.Repeat("\x00", n)+"\x00\x0b\x41\x00\x0b")
	},
	"blocks": func() []byte { return body("\x00", strings.Repeat("\x41\x00\x04\x40\x0b", 25_000)+"\x41\x00\x0b") },
	"types": func() []byte {
		const n = 10_001
		return []byte(preamble + section(1, leb(n)+strings.Repeat("\x60\x00\x01\x7f", n)) + funcPart + memoryPart + exportPart +
			section(10, "\x01"+bodyZero))
	},
	"exports": func() []byte {
		const n = 10_001
		var names strings.Builder
		for i := range n {
			names.WriteString(sized(fmt.Sprintf("f%d", i)) + "\x00\x00")
		}
		return []byte(preamble + typePart + funcPart + memoryPart +
			section(7, leb(n+2)+names.String()+sized("memory")+"\x02\x00"+sized("postern_get")+"\x00\x00") + section(10, "\x01"+bodyZero))
	},
	"data": func() []byte {
		const mib = 17
		segment := "\x00\x41\x00\x0b" + sized(strings.Repeat("x", 1<<20))
		return append(body("\x00", "\x41\x00\x0b"), section(11, leb(mib)+strings.Repeat(segment, mib))...)
	},
	"custom": func() []byte {
		return append(body("\x00", "\x41\x00\x0b"), section(0, sized("x")+strings.Repeat("x", 33<<20))...)
	},
}
