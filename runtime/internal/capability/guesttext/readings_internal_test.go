package guesttext

import (
	"encoding/base64"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
)

// What joins lines and runs does what these expressions say, which are too slow.
func TestReadingsDoWhatTheirExpressionsSay(t *testing.T) {
	t.Parallel()
	wrap := regexp.MustCompile(`\r?\n[ \t>]*`)
	between := regexp.MustCompile(`([A-Za-z0-9+/_-]{16,})[\s"',;\\](?:[^A-Za-z0-9+/]| \+){0,15}`)
	pieces := []string{"abcdefghijklmnop", "abcdefghijklmno", "a", "_", "-", "+", "/", " ", "\t", "\r", "\n", "\f", "\v", ">", `"`, "'", ",", ";", `\`, ".", "ä", "\xff", "0123456789abcdef0123"}
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		var text []byte
		for range random.IntN(30) {
			text = append(text, pieces[random.IntN(len(pieces))]...)
		}
		if got, want := string(unwrap(text)), string(wrap.ReplaceAll(text, nil)); got != want {
			t.Fatalf("unwrap(%q) = %q, want %q", text, got, want)
		}
		if got, want := string(joinRuns(text)), string(between.ReplaceAll(text, []byte("$1"))); got != want {
			t.Fatalf("joinRuns(%q) = %q, want %q", text, got, want)
		}
	}
}

// UTF-16 is decoded as the standard library does it, half characters included.
func TestUTF16IsDecodedAsByTheLibrary(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		units, b := []uint16{'a'}, []byte{'a', 0} // so that it looks like UTF-16
		for range random.IntN(8) {
			u := []uint16{'x', 0xd83d, 0xde00, 0xdfff, 0xd800, 0xe4, 0xffff}[random.IntN(7)]
			units, b = append(units, u), append(b, byte(u), byte(u>>8))
		}
		if got, want := string(fromUTF16(b, false, 0, false)), string(utf16.Decode(units)); got != want {
			t.Fatalf("%x became %q, want %q", b, got, want)
		}
	}
}

// What is read of a value that a guest was given is in the result alone, which can be
// cleared.
func TestReadingsOfValuesCopyThemOnce(t *testing.T) {
	long := strings.Repeat("ä value 0123456789 ", 50)
	var utf16LE []byte
	for _, u := range utf16.Encode([]rune(long + "😀")) {
		utf16LE = append(utf16LE, byte(u), byte(u>>8))
	}
	encoded := []byte(base64.StdEncoding.EncodeToString([]byte(long)))
	for name, read := range map[string]func() []byte{
		"UTF-16":  func() []byte { return fromUTF16(utf16LE, false, 0, false) },
		"Latin 1": func() []byte { return fromLatin1([]byte(long + "\xe4")[len("ä"):]) },
		"base64":  func() []byte { return decodedBase64(encoded) },
	} {
		allocs := testing.AllocsPerRun(10, func() { read() })
		if out := read(); len(out) < len(long)-2 || allocs > 2 {
			t.Errorf("%s: %d bytes, %v allocations", name, len(out), allocs)
		}
	}
}
