package luascan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// Revision returns 12 hexadecimal digits that identify the text of a policy and its
// modules.
func Revision(src []byte, libs map[string]string) string {
	h := sha256.New()
	part := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	part(string(src))
	for _, name := range slices.Sorted(maps.Keys(libs)) {
		part(name)
		part(libs[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
