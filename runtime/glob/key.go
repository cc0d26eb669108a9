package glob

// SplitKey checks that key is canonical: segments of KeyByte bytes, of which none is
// empty, "." or "..", joined by slashes, and at most MaxLen bytes. It stores the offsets
// of the first slashes, as many as fit, and returns their number. A key such as
// "prod/../x" would match the patterns for "prod".
func SplitKey(key string, slashes []int) (n int, ok bool) {
	if key == "" || len(key) > MaxLen {
		return 0, false
	}
	start := 0
	for i := 0; i <= len(key); i++ {
		if i < len(key) && key[i] != '/' {
			if !KeyByte(key[i]) {
				return 0, false
			}
			continue
		}
		if seg := key[start:i]; seg == "" || seg == "." || seg == ".." {
			return 0, false
		}
		if i < len(key) && n < len(slashes) {
			slashes[n] = i
			n++
		}
		start = i + 1
	}
	return n, true
}
