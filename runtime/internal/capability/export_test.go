package capability

// MaskedText returns text as it is shown after a call in which the guest was given a
// value.
func MaskedText(value []byte, text string) string {
	maskTexts([]*string{&text}, func(add Disclosed) bool {
		add("file", value)
		return true
	})
	return text
}

// MaskTexts masks texts after a call that discloses what disclose does.
func MaskTexts(texts []*string, disclose func(Disclosed) bool) { maskTexts(texts, disclose) }
