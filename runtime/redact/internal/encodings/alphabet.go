package encodings

import "slices"

// Alphabet is the characters that the texts of some values consist of: only escapes
// that stand for one of them are worth decoding. The zero Alphabet is empty.
type Alphabet struct {
	has       [256]bool
	gaps      gaps
	beyond    bool // a byte beyond ASCII
	special   bool // anything but letters and digits
	backslash bool
	controls  bool   // a control character
	named     bool   // ... for which no letter stands, so that some programs write its name
	quotes    bool   // " or '
	starts    []byte // the characters that may begin an escape
	singles   []byte // ... except quotes, which must be doubled, and with "+" for a blank

	wordStarts []byte // the same for words of a shell
}

// everything is the alphabet of any text.
var everything = func() *Alphabet {
	a := &Alphabet{}
	for c := range 256 {
		a.has[c] = true
	}
	a.Done()
	return a
}()

// Add adds the characters of a text.
func (a *Alphabet) Add(text []byte) {
	for i, c := range text {
		a.has[c] = true
		if c == ' ' {
			a.gaps.add(text, i)
		}
	}
}

// Join adds the characters of b.
func (a *Alphabet) Join(b *Alphabet) {
	for c := range b.has {
		a.has[c] = a.has[c] || b.has[c]
	}
	a.gaps.join(&b.gaps)
}

// Plain reports whether no program needs to escape one of the characters.
func (a *Alphabet) Plain() bool {
	for c := range 256 {
		if a.has[c] && !isAlnum(byte(c)) && !isIn("-._", byte(c)) {
			return false
		}
	}
	return true
}

// Done makes the alphabet ready for use after Add and Join.
func (a *Alphabet) Done() {
	for c := range 256 {
		switch {
		case !a.has[c]:
			continue
		case c >= 0x80:
			a.beyond = true
		case c == '\\':
			a.backslash = true
		case c < ' ', c == 0x7f:
			a.controls = true
			a.named = a.named || c < 7 || c > 13
		case c == '"', c == '\'':
			a.quotes = true
		}
		a.special = a.special || !isAlnum(byte(c))
	}
	a.singles = []byte(`\%&'`)
	if a.hasAny("&|<>^()!\"%=,;") {
		a.singles = append(a.singles, '^')
	}
	if a.hasAny("`$\"'") {
		a.singles = append(a.singles, '`')
	}
	if a.has['$'] {
		a.singles = append(a.singles, '$')
	}
	a.starts = slices.Clone(a.singles)
	a.wordStarts = append(slices.Clone(a.singles), '"')
	if a.has[' '] {
		a.singles = append(a.singles, '+')
	}
	if !a.has['$'] {
		a.wordStarts = append(a.wordStarts, '$')
	}
	if a.has['"'] {
		a.starts = append(a.starts, '"')
	}
}

func (a *Alphabet) hasAny(chars string) bool {
	for i := range len(chars) {
		if a.has[chars[i]] {
			return true
		}
	}
	return false
}

// wants reports whether an escape for the character r is worth decoding. The
// characters that begin escapes are, because escapes are escaped.
func (a *Alphabet) wants(r rune) bool {
	if r >= 0x80 {
		return a.beyond
	}
	return a.has[r] || r == '\\' || r == '%' || r == '&' || r == ';'
}

// signals reports whether an escape for the character r may be part of a value, or of
// another escape.
func (a *Alphabet) signals(r rune) bool {
	return a.wants(r) || r == '+' && a.has[' '] || r < 0x80 && isIn("#{}^`'\"$", byte(r))
}
