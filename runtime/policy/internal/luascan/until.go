package luascan

import "bytes"

// AllowUntil returns src with each table field "until = x" written as ["until"] = x.
// Lua reserves the word, but it cannot stand there otherwise. Lines stay the same.
func AllowUntil(src []byte) []byte {
	if !bytes.Contains(src, []byte("until")) {
		return src
	}
	tokens := Tokens(src)
	out, done := make([]byte, 0, len(src)+64), 0
	for i := 1; i+1 < len(tokens); i++ {
		if isUntilField(tokens, i) {
			out = append(append(out, src[done:tokens[i].Start]...), `["until"]`...)
			done = tokens[i].End
		}
	}
	return append(out, src[done:]...)
}

// isUntilField reports whether token i is the name of a field.
func isUntilField(tokens []Token, i int) bool {
	before, after := tokens[i-1].Text, tokens[i+1].Text
	return tokens[i].Text == "until" && (before == "{" || before == "," || before == ";") && after == "=" &&
		(i+2 == len(tokens) || tokens[i+2].Text != "=" || tokens[i+2].Start != tokens[i+1].End)
}
