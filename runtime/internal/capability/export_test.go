package capability

// MaskedByFile returns text as it is shown after a call in which the guest read a
// file.
func MaskedByFile(file []byte, text string) string {
	m := &Masker{}
	m.File(file)
	mask := m.function()
	defer m.close()
	return mask(text)
}
