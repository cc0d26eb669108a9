package encodings

import (
	"bytes"
	"regexp"
	"sync"
)

const (
	armourBegin = "-----BEGIN "
	armourEnd   = "-----END "
	armourRim   = "-----"
	maxLabel    = 64
)

// isArmour reports whether a line is one that is around every key of a kind, such as
// "-----BEGIN PRIVATE KEY-----", and nothing else.
func isArmour(line []byte) bool {
	label, begins := bytes.CutPrefix(line, []byte(armourBegin))
	if !begins {
		if label, begins = bytes.CutPrefix(line, []byte(armourEnd)); !begins {
			return false
		}
	}
	label, ends := bytes.CutSuffix(label, []byte(armourRim))
	return ends && len(label) <= maxLabel && !bytes.Contains(label, []byte("--")) && armourLabel().Match(label)
}

// armourLabel is what a line around a key says: common words, of which one says what it is.
var armourLabel = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z0-9 -]*(?i:\b(key|certificate|message|parameters|request|signature|crl|pkcs7|cms|block|list|identity|file))\b[A-Za-z0-9 -]*$`)
})
