package prompt

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/secret"
)

// Error says why nothing was read. It has no part of what was typed.
type Error struct {
	Empty    bool // the input ended before a value
	TooLarge bool // the value is larger than any value may be
	Refused  bool // what was typed is not one value
	Text     string
}

func (e *Error) Error() string { return e.Text }

// typed is a value that is typed or pasted at a terminal, byte by byte. A terminal
// that was asked to puts marks around what is pasted; several lines can then be pasted.
// Without them the first line end is the Enter key.
type typed struct {
	value   []byte
	keys    editKeys
	pending string // the beginning of a mark
	pasting bool   // within the marks of a paste
	begin   int    // where the paste begins in value
	cr      bool   // the last byte was a carriage return
	eof     bool   // the last key was that for the end of the input
}

// editKeys are the bytes that the keys for editing send on this terminal; zero bytes
// stand for no key.
type editKeys struct{ erase, kill, word, eof byte }

// what a byte means for the reading of a value.
type step int

const (
	stepMore    step = iota // more follows
	stepDone                // the value is complete
	stepNone                // the end of the input, without a value
	stepUnknown             // a key that is neither text nor for editing
	stepTooLarge
)

// The marks around what is pasted.
const (
	pasteBegin = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

// add takes the next byte.
func (t *typed) add(b byte) step {
	if t.pasting {
		return t.paste(b)
	}
	eof := t.eof
	t.eof = false
	switch {
	case t.pending != "" || b == '\x1b':
		t.pending += string([]byte{b})
		switch {
		case t.pending == pasteBegin:
			t.pending, t.pasting, t.begin, t.cr = "", true, len(t.value), false
		case !strings.HasPrefix(pasteBegin, t.pending):
			return stepUnknown
		}
	case b == '\r' || b == '\n':
		t.cr = b == '\r'
		return stepDone
	case b == t.keys.eof && b != 0:
		return t.end(eof)
	case b == t.keys.erase && b != 0, b == '\b', b == '\x7f':
		_, n := utf8.DecodeLastRune(t.value)
		t.cut(len(t.value) - n)
	case b == t.keys.kill && b != 0:
		t.cut(0)
	case b == t.keys.word && b != 0:
		t.cut(bytes.LastIndexByte(bytes.TrimRight(t.value, " "), ' ') + 1)
	case b < ' ' && b != '\t':
		return stepUnknown
	default:
		return t.put(b)
	}
	return stepMore
}

// end is the key for the end of the input. As elsewhere it ends a value at the
// beginning of a line, or if it is pressed twice.
func (t *typed) end(again bool) step {
	switch {
	case len(t.value) == 0:
		return stepNone
	case again || t.value[len(t.value)-1] == '\n':
		return stepDone
	}
	t.eof = true
	return stepMore
}

// paste takes a byte that is pasted. Terminals send a carriage return for every line
// end. The line end after a single line does not belong to the value.
func (t *typed) paste(b byte) step {
	if t.pending != "" || b == '\x1b' {
		t.pending += string([]byte{b})
		switch {
		case t.pending == pasteEnd:
			t.pending, t.pasting, t.cr = "", false, false
			if n := bytes.IndexByte(t.value[t.begin:], '\n'); n >= 0 && t.begin+n == len(t.value)-1 {
				t.cut(t.begin + n)
			}
			return stepMore
		case strings.HasPrefix(pasteEnd, t.pending):
			return stepMore
		}
		text := t.pending // not a mark
		t.pending = ""
		for i := range len(text) - 1 {
			t.put(text[i])
		}
		if b == '\x1b' {
			t.pending = "\x1b"
			return stepMore
		}
	}
	cr := t.cr
	t.cr = b == '\r'
	switch {
	case b == '\n' && cr:
		return stepMore
	case b == '\r':
		b = '\n'
	}
	return t.put(b)
}

// put appends a byte. It leaves no copy of the value behind.
func (t *typed) put(b byte) step {
	if len(t.value) == secret.MaxValueLen {
		return stepTooLarge
	}
	if len(t.value) == cap(t.value) {
		grown := append(make([]byte, 0, 2*cap(t.value)+256), t.value...)
		clear(t.value)
		t.value = grown
	}
	t.value = append(t.value, b)
	return stepMore
}

func (t *typed) cut(n int) {
	clear(t.value[n:])
	t.value = t.value[:n]
}
