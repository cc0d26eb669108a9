package mask

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Mode says which part of a value is shown.
type Mode string

// The modes. None of them reveals the length of a value.
const (
	Full  Mode = "full"  // nothing is shown
	Last  Mode = "last"  // the last Keep characters are shown
	First Mode = "first" // the first Keep characters are shown
	Hash  Mode = "hash"  // a keyed hash is shown, so that values can be compared
)

// How much of a value First and Last show.
const (
	DefaultKeep = 4 // 4 characters, if Keep is not set
	MaxKeep     = 8 // 8 characters, the largest Keep
)

const (
	stars      = "********" // for values of any length
	hashDigits = 16         // hexadecimal
)

// Mask says how one value is shown. The zero Mask shows nothing of it.
type Mask struct {
	Mode Mode // "" is Full
	Keep int  // characters that First and Last show, 1 to MaxKeep; 0 is DefaultKeep
}

// Validate returns an error if the mode is unknown or Keep is out of range.
func (m Mask) Validate() error {
	switch m.Mode {
	case "", Full, Last, First, Hash:
	default:
		return fmt.Errorf("unknown mask mode %q; want full, last, first or hash", string(m.Mode))
	}
	if m.Keep < 0 || m.Keep > MaxKeep {
		return fmt.Errorf("mask keeps %d characters; want 1 to %d", m.Keep, MaxKeep)
	}
	return nil
}

// Apply returns what may be shown of value. Nothing is shown if First or Last
// would show more than half of its characters or any that is not printable, or
// if m is not valid. key is for Hash only; without one Hash shows nothing. The
// holder of the key can test guesses, so it should be random and live no longer
// than the process. Apply does not keep value or key.
func (m Mask) Apply(value, key []byte) string {
	keep := m.Keep
	if keep == 0 {
		keep = DefaultKeep
	}
	switch {
	case m.Validate() != nil:
		return stars
	case m.Mode == Hash && len(key) > 0:
		mac := hmac.New(sha256.New, key)
		mac.Write(value)
		return "hmac:" + hex.EncodeToString(mac.Sum(nil))[:hashDigits]
	case m.Mode == Last && utf8.RuneCount(value) >= 2*keep:
		if part := lastRunes(value, keep); printable(part) {
			return stars + string(part)
		}
	case m.Mode == First && utf8.RuneCount(value) >= 2*keep:
		if part := firstRunes(value, keep); printable(part) {
			return string(part) + stars
		}
	}
	return stars
}

func lastRunes(b []byte, n int) []byte {
	at := len(b)
	for ; n > 0; n-- {
		_, size := utf8.DecodeLastRune(b[:at])
		at -= size
	}
	return b[at:]
}

func firstRunes(b []byte, n int) []byte {
	at := 0
	for ; n > 0; n-- {
		_, size := utf8.DecodeRune(b[at:])
		at += size
	}
	return b[:at]
}

// printable reports whether b is text that is safe to print on a terminal.
func printable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}
