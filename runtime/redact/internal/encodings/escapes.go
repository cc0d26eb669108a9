package encodings

// EscapeStart returns the start of the backslash escape, of JSON or quoted text, that
// continues at text[at:]; at if none does.
func EscapeStart(text []byte, at int) int {
	for back := 1; back <= len(`\u000`) && back <= at; back++ {
		if text[at-back] == '\\' && beginsEscape(text, at-back) && back < escapeLen(text, at-back) {
			return at - back
		}
	}
	return at
}

// EscapeEnd returns the end of the escape that text[:at] cuts; at if it cuts none.
func EscapeEnd(text []byte, at int) int {
	if start := EscapeStart(text, at); start < at {
		return min(len(text), start+escapeLen(text, start))
	}
	return at
}

// beginsEscape reports whether the backslash at text[at] begins an escape: an
// odd number of backslashes ends there.
func beginsEscape(text []byte, at int) bool {
	n := 0
	for at-n >= 0 && text[at-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// escapeLen is the length of the escape that begins at text[at].
func escapeLen(text []byte, at int) int {
	if at+1 < len(text) {
		switch text[at+1] {
		case 'u':
			return len(`\u0000`)
		case 'x':
			return len(`\x00`)
		}
	}
	return len(`\n`)
}
