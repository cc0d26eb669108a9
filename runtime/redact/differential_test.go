package redact_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// cut splits text at random places.
func cut(rnd *rand.Rand, text []byte) [][]byte {
	var out [][]byte
	for len(text) > 0 {
		n := 1 + rnd.IntN(min(len(text), 1+rnd.IntN(40)))
		out = append(out, text[:n])
		text = text[n:]
	}
	return out
}

// oracleOf returns the oracle for values that are searched without encodings.
func oracleOf(vals []string) oracle {
	var o oracle
	for i, v := range vals {
		o = append(o, oraclePattern{fmt.Sprintf("key/%05d", i), []byte(v)})
	}
	return o
}

// Few letters make values that overlap, or contain each other and themselves.
func TestWriterAgainstOracle(t *testing.T) {
	t.Parallel()
	for round, rnd := range sample.Rounds(t, 1500) {
		alphabet := []string{"ab", "abc", "aabX-", letters}[round%4]
		vals := make([]string, 1+rnd.IntN(6))
		for i := range vals {
			vals[i] = random(rnd, alphabet, 4+rnd.IntN(30)) + "Z"
		}
		var text strings.Builder
		for range rnd.IntN(20) {
			switch v := vals[rnd.IntN(len(vals))]; rnd.IntN(4) {
			case 0:
				text.WriteString(v)
			case 1:
				text.WriteString(v[:rnd.IntN(len(v))])
			case 2:
				text.WriteString(v[rnd.IntN(len(v)):])
			case 3:
				text.WriteString(random(rnd, alphabet+"Z", rnd.IntN(12)))
			}
		}
		r := filled(t, redact.NoEncodings, vals)
		in := []byte(text.String())
		want := oracleOf(vals).mask(in)
		if got := r.Bytes(nil, in); !bytes.Equal(got, want) {
			t.Fatalf("values %q\ntext %q\ngot  %q\nwant %q", vals, in, got, want)
		}
		for range 3 {
			chunks := cut(rnd, in)
			if got := pass(t, r, chunks...); !bytes.Equal(got, want) {
				t.Fatalf("values %q\nwrites %q\ngot  %q\nwant %q", vals, chunks, got, want)
			}
		}
	}
}

// Long values that repeat themselves are searched in a different way.
func TestWriterRepeatingValues(t *testing.T) {
	t.Parallel()
	for _, rnd := range sample.Rounds(t, 150) {
		unit := random(rnd, "abc", 1+rnd.IntN(40)) + "d"
		vals := make([]string, 1+rnd.IntN(3))
		for i := range vals {
			vals[i] = strings.Repeat(unit, 1+(512+rnd.IntN(700))/len(unit))[rnd.IntN(len(unit)):]
			switch at := rnd.IntN(len(vals[i])); rnd.IntN(3) {
			case 0:
				vals[i] = vals[i][:at] + "X" + vals[i][at:]
			case 1:
				vals[i] += random(rnd, "abcX", rnd.IntN(3))
			}
		}
		var text strings.Builder
		for range 1 + rnd.IntN(8) {
			switch v := vals[rnd.IntN(len(vals))]; rnd.IntN(4) {
			case 0:
				text.WriteString(v)
			case 1:
				text.WriteString(v[:rnd.IntN(len(v))])
			case 2:
				text.WriteString(v[rnd.IntN(len(v)):])
			case 3:
				text.WriteString(strings.Repeat(unit, rnd.IntN(1500)/len(unit)))
			}
		}
		r := filled(t, redact.NoEncodings, vals)
		in := []byte(text.String())
		want := oracleOf(vals).mask(in)
		if got := r.Bytes(nil, in); !bytes.Equal(got, want) {
			t.Fatalf("unit %q, values %q\ntext %q\ngot  %q\nwant %q", unit, vals, in, got, want)
		}
		if got := pass(t, r, slices.Collect(slices.Chunk(in, 1+rnd.IntN(999)))...); !bytes.Equal(got, want) {
			t.Fatalf("split: unit %q, values %q\ntext %q\ngot  %q\nwant %q", unit, vals, in, got, want)
		}
	}
}

// Values that are parts of one text are searched together, as far as one begins with another.
func TestWriterPartsOfOneText(t *testing.T) {
	t.Parallel()
	for round, rnd := range sample.Rounds(t, 300) {
		of := strings.Repeat(random(rnd, "abc", 1+rnd.IntN(12))+"d", 300)[:300]
		if round%3 == 0 {
			of = random(rnd, "abcd", 300)
		}
		part := func() string {
			from := rnd.IntN(1 + rnd.IntN(8))
			return of[from : from+6+rnd.IntN(1+rnd.IntN(280))]
		}
		vals := make([]string, 1+rnd.IntN(60))
		for i := range vals {
			vals[i] = part()
			if rnd.IntN(8) == 0 {
				vals[i] += random(rnd, "aX", 1)
			}
		}
		var text strings.Builder
		for range 1 + rnd.IntN(12) {
			text.WriteString(part() + []string{"", "", "-", "X", "a"}[rnd.IntN(5)])
		}
		r := filled(t, redact.NoEncodings, vals)
		in := []byte(text.String())
		want := oracleOf(vals).mask(in)
		if got := r.Bytes(nil, in); !bytes.Equal(got, want) {
			t.Fatalf("values %q\ntext %q\ngot  %q\nwant %q", vals, in, got, want)
		}
		chunks := cut(rnd, in)
		if got := pass(t, r, chunks...); !bytes.Equal(got, want) {
			t.Fatalf("values %q\nwrites %q\ngot  %q\nwant %q", vals, chunks, got, want)
		}
	}
}

// A value that is a text twice is found also if the only part of it that no other value has is
// where the text begins, so that a look behind that part leaves the value.
func TestDoubledTextIsFoundByItsRarestPart(t *testing.T) {
	t.Parallel()
	half := random(rand.New(rand.NewPCG(1, 2)), letters, 10_000)
	for common := range 4 {
		from, to := 3600, 100+common
		r := filled(t, redact.NoEncodings, []string{half + half, half[from:] + half[:to]})
		if got := string(r.Bytes(nil, []byte("- "+half+half+" -"))); got != "- [REDACTED:key/00000] -" {
			t.Errorf("got %d bytes, %.60q", len(got), got)
		}
	}
}

// TM-155: no way to split the text reveals a value.
func TestTM155RandomChunkings(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	vals := logValues(rnd, 40, true)
	r := filled(t, redact.AllEncodings, vals)
	text := []byte("start ")
	for _, v := range vals[:12] {
		text = append(text, v+" middle "+v[:len(v)/3]...)
	}
	text = append(text, " end\n"...)
	want := r.Bytes(nil, text)
	for _, v := range vals[:12] {
		if bytes.Contains(want, []byte(v)) {
			t.Fatalf("%q contains a value", want)
		}
	}
	rounds := 100_000
	if testing.Short() {
		rounds = 20_000
	}
	var out bytes.Buffer
	for _, rnd := range sample.Rounds(t, rounds) {
		out.Reset()
		w := r.Writer(&out, redact.WriterOptions{Idle: -1})
		for p := text; len(p) > 0; {
			n := 1 + rnd.IntN(min(len(p), 200))
			if _, err := w.Write(p[:n]); err != nil {
				t.Fatal(err)
			}
			p = p[n:]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Fatalf("got %q, want %q", out.Bytes(), want)
		}
	}
}

// A Writer holds exactly the longest end of the text that a value begins with.
func TestWriterHoldsExactly(t *testing.T) {
	t.Parallel()
	for _, rnd := range sample.Rounds(t, 300) {
		vals := make([]string, 1+rnd.IntN(5))
		for i := range vals {
			vals[i] = random(rnd, "ab", 4+rnd.IntN(4)) + random(rnd, letters, rnd.IntN(400)) + "ZZ"
		}
		r := filled(t, redact.NoEncodings, vals)
		var in []byte
		var out bytes.Buffer
		w := r.Writer(&out, redact.WriterOptions{Idle: -1})
		for range 20 {
			v := vals[rnd.IntN(len(vals))]
			p := random(rnd, "ab", rnd.IntN(5)) + v[:rnd.IntN(len(v)-1)]
			if _, err := io.WriteString(w, p); err != nil {
				t.Fatal(err)
			}
			in = append(in, p...)
			hold := len(in)
			for _, v := range vals {
				for n := 1; n < len(v) && n <= len(in); n++ {
					if bytes.HasSuffix(in, []byte(v[:n])) {
						hold = min(hold, len(in)-n)
					}
				}
			}
			if out.Len() != hold {
				t.Fatalf("values %q: %d bytes of %q were written, want %d", vals, out.Len(), in, hold)
			}
		}
	}
}

// FuzzWriter compares any text, split in any way, with the oracle.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("abab1234"), []byte("1234abab"), []byte("xabab1234ababy"), uint64(1))
	f.Add([]byte("aabaabX9"), []byte("aabX"), []byte("aabaabaabX9"), uint64(2))
	f.Add([]byte("\x1b[1mabcd"), []byte("-----abc"), []byte("\x1b[1mabcd-----"), uint64(3))
	f.Fuzz(func(t *testing.T, a, b, text []byte, seed uint64) {
		if len(a) < 4 || len(b) < 4 || len(a)+len(b) > 600 || len(text) > 2000 || strings.ContainsAny(string(a)+string(b), " \t\r\n\v\f\x1b") {
			return
		}
		for _, v := range [][]byte{a, b} {
			if v[0] == v[len(v)-1] && strings.IndexByte("\"'`", v[0]) >= 0 {
				return // searched without its quotes too, of which the oracle knows nothing
			}
			if !utf8.Valid(v) {
				return // searched without the other bytes too, half of which is shorter
			}
		}
		text = bytes.ReplaceAll(text, []byte{0x1b}, []byte{0x1a}) // the oracle ignores control sequences
		r := redact.New(redact.Options{Encodings: redact.NoEncodings})
		defer r.Close()
		if err := r.AddAll([]redact.Entry{
			{Key: "a", Secret: secretOf(t, a), Force: true}, {Key: "b", Secret: secretOf(t, b), Force: true},
		}); err != nil {
			t.Fatal(err)
		}
		in := bytes.ReplaceAll(bytes.ReplaceAll(text, []byte("A"), a), []byte("B"), b)
		want := oracle{{"a", a}, {"b", b}}.mask(in)
		if got := r.Bytes(nil, in); !bytes.Equal(got, want) {
			t.Fatalf("Bytes(%q) = %q, want %q", in, got, want)
		}
		chunks := cut(rand.New(rand.NewPCG(seed, 0)), in)
		if got := pass(t, r, chunks...); !bytes.Equal(got, want) {
			t.Fatalf("writes %q: %q, want %q", chunks, got, want)
		}
	})
}
