package encodings

import (
	"bytes"
)

// A shell ends its quotes and begins others within one word, such as
// 'p'$'\303\244''ss': GNU programs, bash, zsh, git and Perl write words so. Which of the
// characters are quotes, and what a backslash means, depends on the start of the word,
// which is not known here. So quotes, dollar signs and backslashes are removed from both
// the word and the value before they are compared, and a control character is compared
// as the letter of its escape.

// wordSigns are the characters that a word is compared without.
const wordSigns = `"'$`

// SetWords is [Decoded.SetEscapes] without quotes and dollar signs, for words of a shell.
// The result is also searched for the texts of [Spelling.Words]. ok is false if the text
// has no place where one pair of quotes ends and another begins; joined is false if only
// the text that follows may have one.
func (d *Decoded) SetWords(text []byte, from, to int, a *Alphabet, whole bool) (joined, ok bool) {
	joined = joinsWords(text[from:to])
	if !joined && (whole || !EndsInQuotes(text[from:to])) {
		return false, false
	}
	d.words = true
	d.SetEscapes(text, from, to, a, whole)
	d.words = false
	return joined, true
}

// joinsWords reports whether a quote follows another one or a dollar sign, or a
// backslash follows a quote.
func joinsWords(text []byte) bool {
	for i := 0; i+1 < len(text); i++ {
		n := bytes.IndexAny(text[i:len(text)-1], wordSigns)
		if n < 0 {
			return false
		}
		if i += n; joinAt(text, i) {
			return true
		}
	}
	return false
}

// joinAt reports whether text[i], a quote or dollar sign, is in a run of them, or is a
// quote with a backslash after it.
func joinAt(text []byte, i int) bool {
	if i > 0 && isSign(text[i-1]) && isQuote(text[i]) {
		return true
	}
	return i+1 < len(text) && (isQuote(text[i+1]) || isQuote(text[i]) && text[i+1] == '\\')
}

// emptyString reports whether a run of quotes at text[i:] stands for an empty string,
// between characters that are not part of a word. text[i-1] may be of the run.
func emptyString(text []byte, i int) bool {
	const around = " \t\r\n=:;,()[]{}"
	if i > 0 && !isIn(around, text[i-1]) {
		return false
	}
	for i < len(text) && isSign(text[i]) {
		i++
	}
	return i < len(text) && isIn(around, text[i])
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }
func isSign(c byte) bool  { return isQuote(c) || c == '$' }

// EndsInQuotes reports whether text ends with a quote or a dollar sign: a word may continue
// after it.
func EndsInQuotes(text []byte) bool { return len(text) > 0 && isSign(text[len(text)-1]) }

// letter returns the letter that stands for a control character after a backslash, and
// other characters as they are.
func letter(c byte) byte {
	if c == ESC {
		return 'e'
	}
	if c >= 7 && c <= 13 {
		return "abtnvfr"[c-7]
	}
	return c
}

// drop leaves out a quote or dollar sign, and the backslash that escapes it.
func (d *Decoded) drop() {
	if n := len(d.Text) - 1; n >= 0 && d.Text[n] == '\\' {
		d.Text, d.at, d.end = d.Text[:n], d.at[:n], d.end[:n]
	}
}

// Unescaped reports whether Text[i] is the letter for a control character that is in the
// text itself, and not its escape.
func (d *Decoded) Unescaped(text []byte, i int) bool {
	c := text[d.at[i]]
	return c != d.Text[i] && letter(c) == d.Text[i]
}

// WordOf returns a value as [Decoded.SetWords] returns a word of a shell. The caller
// wipes it.
func WordOf(v []byte) Decoded {
	d := decodedOf(v)
	d.words = true
	d.SetEscapes(v, 0, len(v), everything, true)
	return d
}

// appendWord appends a value as [Decoded.SetWords] returns a word of a shell, unless the
// result looks like ordinary text.
func appendWord(dst, v []byte) []byte {
	d := WordOf(bytes.Trim(v, lineBreaks))
	defer d.Wipe()
	text := bytes.TrimRight(d.Text, `\`) // it would escape the quote
	if Classify(text) != Searched {
		return dst
	}
	return append(dst, text...)
}
