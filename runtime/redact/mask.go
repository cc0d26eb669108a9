package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Mode is how a known value is shown.
type Mode string

// The modes of a policy's redact rule. None of them tells how long a value is.
const (
	MaskFull  Mode = "full"  // nothing of it
	MaskLast  Mode = "last"  // its last Keep characters
	MaskFirst Mode = "first" // its first Keep characters
	MaskHash  Mode = "hash"  // a keyed hash, to tell two values apart
)

// DefaultKeep is how many characters last and first show if a rule does not say.
const DefaultKeep = 4

// MaxKeep is the most characters that last and first may show.
const MaxKeep = 8

const (
	stars     = "********" // however long the value
	hashWidth = 16         // hexadecimal digits
)

// Mask shows one value as a rule asks for. The zero Mask is full.
type Mask struct {
	Mode Mode
	Keep int // characters; 0 is DefaultKeep
}

// Validate reports an unknown mode or a Keep out of range.
func (m Mask) Validate() error {
	switch m.Mode {
	case "", MaskFull, MaskLast, MaskFirst, MaskHash:
	default:
		return fmt.Errorf("mask mode %q is not one of full, last, first, hash", string(m.Mode))
	}
	if m.Keep < 0 || m.Keep > MaxKeep {
		return fmt.Errorf("mask keep %d is not between 0 and %d", m.Keep, MaxKeep)
	}
	return nil
}

// Apply returns what may be shown of value. Values that last or first would show
// more than half of, and those whose shown part is not printable text, are masked
// in full; so is everything if m is not valid. key is for hash only: who knows
// it can test guesses, so it should be random and live as long as the process.
// Apply keeps neither slice.
func (m Mask) Apply(value, key []byte) string {
	keep := m.Keep
	if keep == 0 {
		keep = DefaultKeep
	}
	switch {
	case m.Validate() != nil:
		return stars
	case m.Mode == MaskHash && len(key) > 0:
		mac := hmac.New(sha256.New, key)
		mac.Write(value)
		return "hmac:" + hex.EncodeToString(mac.Sum(nil))[:hashWidth]
	case m.Mode == MaskLast && utf8.RuneCount(value) >= 2*keep:
		if part := lastRunes(value, keep); printable(part) {
			return stars + string(part)
		}
	case m.Mode == MaskFirst && utf8.RuneCount(value) >= 2*keep:
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

// printable reports whether b can go to a terminal.
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
