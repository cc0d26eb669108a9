package steering

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// command is a command of a shell.
type command struct {
	words  []string
	quoted []int // those that have quotes
}

// isQuoted reports whether a word has quotes.
func (c *command) isQuoted(word int) bool { return slices.Contains(c.quoted, word) }

// lazily compiles a regular expression when it is used first: most commands look at no
// value, and to compile all of them took 0.4 ms of their start.
func lazily(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

var assignment = lazily(`^[A-Za-z_][A-Za-z0-9_]*=`)

// command returns the words without the variables that are set for the command.
func (c *command) command() []string {
	words := c.words
	for len(words) > 1 && assignment().MatchString(words[0]) {
		words = words[1:]
	}
	return words
}

// split splits a text as a shell does, without expanding anything. If quoted is not set,
// quotes are removed and do not keep a word together: programs differ in what they do with
// a quote that is never closed. A word that is a substring of the text is not copied; the
// others are in kept.
func split(text string, quoted bool, kept *copies) []command {
	w := splitter{text: text, commands: []command{{}}, kept: kept}
	for w.at = 0; w.at < len(text); w.at++ {
		c := text[w.at]
		switch {
		case w.quote == '\'' && c != '\'':
			w.add()
		case quoted && c == '\\' && escapes && w.at+1 < len(text):
			w.copy()
			w.at++
			w.add()
		case quoted && (c == '\'' || c == '"') && (w.quote == 0 || w.quote == c):
			w.copy()
			w.marked = true
			w.quote ^= c
		case w.quote == '"' && c != '`' && !strings.HasPrefix(text[w.at:], "$("):
			w.add()
		case !quoted && (c == '\'' || c == '"'):
			w.copy()
		case strings.IndexByte(" \t\r", c) >= 0:
			w.end()
		case c == '`':
			w.next()
		case strings.HasPrefix(text[w.at:], "$("):
			w.next()
			w.at++
		case strings.IndexByte(";|&\n()<>", c) >= 0:
			w.next()
		default:
			w.add()
		}
	}
	w.end()
	return w.commands
}

// copies are parts of a value that were changed. They are plaintext, and wiped when the
// look at the value ends: nothing that was made of them may be used then.
type copies struct {
	free []byte   // the rest of the last of all
	all  [][]byte // what was taken
}

// room returns memory for up to n bytes, with no byte in it yet.
func (c *copies) room(n int) []byte {
	if cap(c.free) < n {
		c.free = make([]byte, 0, max(n, 1<<10))
		c.all = append(c.all, c.free)
	}
	return c.free[:0:n]
}

// keep returns b, which is in the memory that room returned last, as a string.
func (c *copies) keep(b []byte) string {
	c.free = c.free[len(b):cap(c.free)][:0]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// replace is strings.ReplaceAll for a text that becomes shorter.
func (c *copies) replace(text, old, with string) string {
	if !strings.Contains(text, old) {
		return text
	}
	out := c.room(len(text))
	for {
		before, after, found := strings.Cut(text, old)
		if out = append(out, before...); !found {
			return c.keep(out)
		}
		out, text = append(out, with...), after
	}
}

// wipe clears all copies.
func (c *copies) wipe() {
	for _, b := range c.all {
		clear(b[:cap(b)])
	}
}

type splitter struct {
	text     string
	at       int
	commands []command
	inWord   bool
	from     int    // where the word begins
	word     []byte // the word so far, if copied is set: in kept
	kept     *copies
	copied   bool
	quote    byte
	marked   bool // the word has quotes
}

// add adds the character to the word.
func (w *splitter) add() {
	if !w.inWord {
		w.inWord, w.from = true, w.at
	}
	if w.copied {
		w.word = append(w.word, w.text[w.at])
	}
}

// copy starts to copy the word, which is not in the text as it is.
func (w *splitter) copy() {
	if !w.inWord {
		w.inWord, w.from = true, w.at
	}
	if !w.copied {
		w.copied, w.word = true, append(w.kept.room(len(w.text)-w.from), w.text[w.from:w.at]...)
	}
}

// end ends a word.
func (w *splitter) end() {
	last := &w.commands[len(w.commands)-1]
	if w.marked {
		last.quoted = append(last.quoted, len(last.words))
	}
	switch {
	case w.copied:
		last.words = append(last.words, w.kept.keep(w.word))
	case w.inWord:
		last.words = append(last.words, w.text[w.from:w.at])
	}
	w.inWord, w.copied, w.marked = false, false, false
}

// next begins another command.
func (w *splitter) next() {
	w.end()
	w.quote = 0
	w.commands = append(w.commands, command{})
}
