package guesttext

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// numbersWork is kept for numbers when there is too much to compare in all spellings. It
// is enough for two numbers and the largest file that a built-in module reads.
const numbersWork = 6 * time.Millisecond

// maskNumbers replaces the numbers of messages that stand in what disclose discloses as
// they are written. It reports false if that takes too long.
func maskNumbers(w *work, numbers []*string, disclose func(Disclosed) bool) (complete bool) {
	return disclose(func(name string, value []byte) bool {
		for _, n := range numbers {
			found, ok := standsIn(w, value, *n)
			if !ok {
				return false
			}
			if found {
				*n = "[REDACTED:" + name + "]"
			}
		}
		return true
	})
}

// standsIn reports whether word stands in value between two characters that are neither
// letters nor digits. It is not ok if that takes too long.
func standsIn(w *work, value []byte, word string) (found, ok bool) {
	if !w.each(len(value), containsByte) {
		return false, false
	}
	for from := 0; ; {
		i := bytes.Index(value[from:], []byte(word))
		if i < 0 {
			return false, true
		}
		start, end := from+i, from+i+len(word)
		before, size := utf8.DecodeLastRune(value[:start])
		after := false
		if end < len(value) {
			after, _ = wordAt(value[end:])
		}
		if !after && (size == 0 || !inWord(before, size)) {
			return true, true
		}
		if from = start + 1; !w.spend(stepWork) {
			return false, false
		}
	}
}
