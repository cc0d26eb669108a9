package encodings

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wipe"
	"github.com/postern-project/postern/runtime/redact/internal/invalidutf8"
)

func TestSpellingHasRoom(t *testing.T) {
	t.Parallel()
	if len(encodings) > 1<<encodingBits || uint64(firstLossy+variant(invalidutf8.End-1)<<lossBit)<<encodingBits > 1<<32 || firstBlankLine+maxOffset > firstLeaf || firstLeafForm+variant(onTerminal)<<leafBit > firstLossy {
		t.Errorf("%d encodings and the places up to %d do not fit into a Spelling", len(encodings), maxOffset)
	}
}

// The names of the encodings are for readers of the list, so they are unique.
func TestEncodingNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, e := range encodings {
		if seen[e.name] {
			t.Errorf("two encodings are named %q", e.name)
		}
		seen[e.name] = true
	}
}

// No buffer that a Speller has used holds a byte of a value after Wipe, those
// included that were too small.
func TestSpellerWipe(t *testing.T) {
	t.Parallel()
	var sp Speller
	var buffers [][]byte
	for _, v := range []string{"short-\xff\r\n", strings.Repeat("longer\n\xe4", 100)} {
		sp.Each([]byte(v), Options{}, false, func(Text) {})
		for _, b := range []*wipe.Buffer[byte]{&sp.text, &sp.variant, &sp.lossy} {
			all := b.Room(0)
			buffers = append(buffers, all[:cap(all)])
		}
	}
	sp.Wipe()
	for i, b := range buffers {
		if len(b) == 0 || len(bytes.Trim(b, "\x00")) != 0 {
			t.Errorf("buffer %d holds %q", i, bytes.Trim(b, "\x00"))
		}
	}
}

// A copy of a value on the heap could not be cleared.
func TestClassifyCopiesNothing(t *testing.T) {
	for _, v := range []string{"Admin", "5f0c9a7b", "12345", "********", strings.Repeat("ab", 100)} {
		b := []byte(v)
		if n := testing.AllocsPerRun(10, func() { Classify(b) }); n != 0 {
			t.Errorf("Classify(%q) allocates %v times", v, n)
		}
	}
}

// What Each leaves out for a plain value has a text that it does not leave out.
func TestPlainValuesLackNoText(t *testing.T) {
	t.Parallel()
	var sp Speller
	for _, v := range []string{"abcdefgh-ijklmnopqrstuv.wxyz_ABCDEFGHIJKLM", "NOPQRSTUVWXYZ-0123456789", "zZ9._-zZ9", "oooooooo"} {
		if !isPlain([]byte(v)) {
			t.Fatalf("%q is not plain", v)
		}
		for at := range len(v) - 7 {
			part := []byte(v[at:])
			texts := map[string]bool{}
			sp.Each(part, Options{}, false, func(x Text) { texts[string(x.Bytes)] = true })
			for i := range encodings {
				if x := sp.encode(part, Spelling(i), encodings[i].least); x.Tails != 0 && !texts[string(x.Bytes)] {
					t.Errorf("%q lacks the text of %s: %q", part, encodings[i].name, x.Bytes)
				}
			}
		}
	}
}

// A variant with one blank for each run of white space has a text that no other has.
func TestVariantsWithBlanksDiffer(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]int{
		"one blank-2024": 0, " one blank-2024 ": 0, "one blank-2024\r\n": 0, "two-lines-2024\nof one blank": 0,
		"two  blanks-2024": 1, "two  blanks-2024\r\n": 1, "\ttab\tand\ttab-1\n": 1, "carriage\rreturn-2024": 1, "no\u00a0break-2024": 1,
		"carriage\rreturn  and-2024": 2, "ab1\r\ncd2": 2, "ab1\ncd2": 1, "two  blanks-2024\nand-one-line": 2, "is\ta": 0,
	} {
		texts := map[string]int{}
		folded := 0
		for _, n := range variantsOf([]byte(v), false, nil) {
			if n == blanks || n == shellBlanks || n >= firstBlankLine && n < firstLeaf {
				folded++
				texts[string(n.appendTo(nil, []byte(v)))]++
			} else if n < withLF || n == unquoted {
				texts[string(n.appendTo(nil, []byte(v)))]++
			}
		}
		if folded != want {
			t.Errorf("%q: %d variants, want %d: %v", v, folded, want, texts)
		}
		for text, times := range texts {
			if times > 1 {
				t.Errorf("%q: %d variants are %q", v, times, text)
			}
		}
	}
}
