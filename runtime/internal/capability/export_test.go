package capability

// MaskedText returns text as it is shown after a call in which the guest was given a
// value.
func MaskedText(value []byte, text string) string {
	maskTexts((*Call)(nil).newWork(), []*string{&text}, func(add Disclosed) bool { return add("file", value) })
	return text
}

// MaskTexts masks texts after a call that discloses what disclose does.
func MaskTexts(texts []*string, disclose func(Disclosed) bool) {
	maskTexts((*Call)(nil).newWork(), texts, disclose)
}
