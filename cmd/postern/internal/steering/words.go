package steering

import (
	"regexp"
	"strings"
)

// command is a command of a shell.
type command struct {
	words       []string
	substitutes bool // it stands in $(...) or backquotes
	glued       bool // it begins within a word
	line        bool // a line break is before it
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// command returns the words without the variables that are set for the command.
func (c *command) command() []string {
	words := c.words
	for len(words) > 1 && assignment.MatchString(words[0]) {
		words = words[1:]
	}
	return words
}

// split splits a text as a shell does, without expanding anything. If quoted is not set,
// quotes are blanks, as if they had been closed before: programs differ in what they do
// with a quote that is never closed. A word that stands in the text as it is is not copied.
func split(text string, quoted bool) []command {
	w := splitter{text: text, commands: []command{{}}}
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
			w.quote ^= c
		case w.quote == '"' && c != '`' && !strings.HasPrefix(text[w.at:], "$("):
			w.add()
		case !quoted && (c == '\'' || c == '"'), strings.IndexByte(" \t\r<>", c) >= 0:
			w.end()
		case c == '`':
			w.open = !w.open
			w.next(w.open)
		case strings.HasPrefix(text[w.at:], "$("):
			w.next(true)
			w.at++
		case strings.IndexByte(";|&\n()", c) >= 0:
			w.next(false)
			w.commands[len(w.commands)-1].line = c == '\n'
		default:
			w.add()
		}
	}
	w.end()
	return w.commands
}

type splitter struct {
	text     string
	at       int
	commands []command
	inWord   bool
	from     int    // where the word begins
	word     []byte // the word so far, if copied is set
	copied   bool
	quote    byte
	open     bool // within backquotes
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
		w.copied, w.word = true, append(w.word[:0], w.text[w.from:w.at]...)
	}
}

// end ends a word.
func (w *splitter) end() {
	last := &w.commands[len(w.commands)-1]
	switch {
	case w.copied:
		last.words = append(last.words, string(w.word))
	case w.inWord:
		last.words = append(last.words, w.text[w.from:w.at])
	}
	w.inWord, w.copied = false, false
}

// next begins another command.
func (w *splitter) next(substitutes bool) {
	glued := w.inWord
	w.end()
	w.quote = 0
	w.commands = append(w.commands, command{substitutes: substitutes, glued: glued})
}
