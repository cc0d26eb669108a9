package values

import (
	"bytes"

	"github.com/postern-project/postern/runtime/secret"
)

// maxMaskKey is the length in bytes that a mask in a value may have: its key, and what is
// shown of the value.
const maxMaskKey = 2048

// HasMask reports whether a value has a mask in it: [REDACTED], or [REDACTED:KEY] in one
// line. Somebody read it from the masked output of a command, and the value itself is lost.
func HasMask(value []byte) bool {
	begin := []byte(secret.Redacted[:len(secret.Redacted)-1])
	for {
		_, after, found := bytes.Cut(value, begin)
		if !found {
			return false
		}
		line := after[:min(len(after), maxMaskKey)]
		if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
			line = line[:end]
		}
		if bytes.HasPrefix(line, []byte("]")) || bytes.HasPrefix(line, []byte(":")) && bytes.IndexByte(line, ']') > 1 {
			return true
		}
		value = after
	}
}
