package lattice

import (
	"encoding/xml"
	"html"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// reference adds the character reference whose "&" ends at p.
func (r *Reader) reference(l *readings, p, d int) {
	if r.unlike(p, '#') {
		r.named(l, p, d)
		return
	}
	named := false
	for _, next := range r.read(p, d) {
		switch {
		case next.is('#'):
			r.numbered(l, next.end, 10, d)
			for _, x := range r.read(next.end, d) {
				if x.is('x') || x.is('X') {
					r.numbered(l, x.end, 16, d)
				}
			}
		case next.size == 1 && isAlnum(next.char[0]):
			named = true
		}
	}
	if named {
		r.named(l, p, d)
	}
}

// numbered adds the character reference whose digits are at text[p:].
func (r *Reader) numbered(l *readings, p int, base rune, d int) {
	for _, n := range r.number(p, d, digitsOf{base, 1, 8, ';'}).all() {
		for _, at := range r.read(n.end, d) {
			if !at.is(';') {
				continue
			}
			if n.code >= 0x80 && n.code < 0xa0 { // which HTML reads as characters of Windows
				known, _ := utf8.DecodeRuneInString(html.UnescapeString("&#" + strconv.Itoa(int(n.code)) + ";"))
				l.addRune(known, at.end)
			}
			l.addRune(n.code, at.end)
		}
	}
}

// maxName is how many bytes the name of a character reference has at most.
const maxName = 24

// escapedNames are the names of references, and their beginnings, in which letters may be
// escaped: those of HTML 4 and of punctuation. Letters of others are read as they are.
var escapedNames = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	add := func(name string) {
		for n := range len(name) + 1 {
			known[name[:n]] = true
		}
	}
	for name := range xml.HTMLEntity {
		add(name)
	}
	for _, name := range strings.Fields(`AMP DiacriticalGrave GT Hat LT NewLine QUOT Tab UnderBar VerticalLine apos ast
		bsol colon comma commat dollar equals excl grave lbrace lbrack lcub lowbar lpar lsqb midast num
		percnt period plus quest rbrace rbrack rcub rpar rsqb semi sol verbar vert`) {
		add(name)
	}
	return known
})

// named adds the character reference whose name begins at text[p:].
func (r *Reader) named(l *readings, p, d int) {
	var name [maxName + 2]byte
	name[0] = '&'
	r.nameAt(l, &name, 1, p, d)
}

// nameAt adds the references that begin with name[:n].
func (r *Reader) nameAt(l *readings, name *[maxName + 2]byte, n, p, d int) {
	for ; n <= maxName; n++ {
		if p >= len(r.text) {
			r.touched = true
			return
		}
		c := r.text[p]
		if starts[c] {
			break
		}
		if name[n] = c; c == ';' {
			r.nameEnds(l, name[:n+1], p+1)
			return
		}
		if !isAlnum(c) {
			return
		}
		p++
	}
	for _, rd := range r.read(p, d) {
		name[n] = rd.char[0]
		switch {
		case rd.size > 1:
		case rd.is(';'):
			r.nameEnds(l, name[:n+1], rd.end)
		case n <= maxName && isAlnum(rd.char[0]) && escapedNames()[string(name[1:n+1])]:
			r.nameAt(l, name, n+1, rd.end, d)
		}
	}
}

// nameEnds adds the reference with a name, from "&" to ";".
func (r *Reader) nameEnds(l *readings, name []byte, end int) {
	text := html.UnescapeString(string(name))
	if known, size := utf8.DecodeRuneInString(text); len(name) > 2 && size == len(text) {
		l.addRune(known, end)
	}
}
