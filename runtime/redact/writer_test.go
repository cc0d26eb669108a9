package redact_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact"
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

// oracleOf is the oracle for values that are their own only form that matters.
func oracleOf(vals []string) oracle {
	var o oracle
	for i, v := range vals {
		o = append(o, oraclePattern{fmt.Sprintf("key/%05d", i), []byte(v)})
	}
	return o
}

// Few letters make values overlap, contain each other and themselves.
func TestWriterAgainstOracle(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	for round := range 1500 {
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
		r := filled(t, redact.RawForms, vals)
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

// Long values that repeat themselves take ways of their own through the search.
func TestWriterRepeatingValues(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(13, 14))
	for range 150 {
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
		r := filled(t, redact.RawForms, vals)
		in := []byte(text.String())
		want := oracleOf(vals).mask(in)
		if got := r.Bytes(nil, in); !bytes.Equal(got, want) {
			t.Fatalf("unit %q, values %q\ntext %q\ngot  %q\nwant %q", unit, vals, in, got, want)
		}
		if got := pass(t, r, slices.Collect(slices.Chunk(in, 1+rnd.IntN(999)))...); !bytes.Equal(got, want) {
			t.Fatalf("cut: unit %q, values %q\ntext %q\ngot  %q\nwant %q", unit, vals, in, got, want)
		}
	}
}

// TM-155: no cut of the text lets a value through.
func TestTM155RandomChunkings(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(5, 6))
	vals := logValues(rnd, 40, true)
	r := filled(t, redact.AllForms, vals)
	text := []byte("start ")
	for _, v := range vals[:12] {
		text = append(text, v+" middle "+v[:len(v)/3]...)
	}
	text = append(text, " end\n"...)
	want := r.Bytes(nil, text)
	for _, v := range vals[:12] {
		if bytes.Contains(want, []byte(v)) {
			t.Fatalf("a value is in %q", want)
		}
	}
	rounds := 100_000
	if testing.Short() {
		rounds = 2_000
	}
	var out bytes.Buffer
	for range rounds {
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

// TM-159: what cannot begin a value is out when Write returns; what can is out
// as far as allowed after a pause.
func TestTM159NoDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := filled(t, redact.AllForms, []string{"ghp_9xQ2mZ7LrT4vWk1Yb8Nc5Hd3Jf6Sg0PaXeUi"})
		var out locked
		w := r.Writer(&out, redact.WriterOptions{})
		write := func(s, now, later string) {
			t.Helper()
			before := len(out.String())
			if _, err := io.WriteString(w, s); err != nil {
				t.Fatal(err)
			}
			if got := out.String()[before:]; got != now {
				t.Errorf("%q: at once %q, want %q", s, got, now)
			}
			time.Sleep(redact.DefaultIdle)
			synctest.Wait()
			if got := out.String()[before:]; got != later {
				t.Errorf("%q: after a pause %q, want %q", s, got, later)
			}
		}
		write("Continue? [y/N] ", "Continue? [y/N] ", "Continue? [y/N] ")
		write("g", "", "g")
		write("h", "", "h")
		write("p", "", "p")
		write("_", "", "") // four bytes would be one too many
		write("9xQ2mZ7LrT4vWk1Yb8Nc5Hd3Jf6Sg0PaXeUi", "[REDACTED:key/00000]", "[REDACTED:key/00000]")
		write("\n", "\n", "\n")
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// Binary data passes as it is.
func TestTM159Binary(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	r := filled(t, redact.AllForms, logValues(rnd, 100, true))
	text := make([]byte, 4<<20)
	for i := range text {
		text[i] = byte(rnd.Uint32())
	}
	if got := pass(t, r, slices.Collect(slices.Chunk(text, 33_333))...); !bytes.Equal(got, text) {
		t.Error("binary data changed")
	}
}

// limited takes some bytes and then fails.
type limited struct {
	bytes.Buffer
	room int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.room {
		n, _ := l.Buffer.Write(p[:l.room])
		l.room = 0
		return n, l.err
	}
	l.room -= len(p)
	return l.Buffer.Write(p)
}

func TestWriterErrors(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	const value = "value-5f0c9a7b"
	mask := "[REDACTED:key/00000]"
	for _, c := range []struct {
		room int
		err  error
		n    int // of "ab" + value + "cd"
	}{
		{0, boom, 0}, {1, boom, 1}, {2, boom, 2}, {3, boom, 2},
		{2 + len(mask), boom, 2 + len(value)},
		{3 + len(mask), nil, 3 + len(value)},
	} {
		dst := &limited{room: c.room, err: c.err}
		w := filled(t, redact.RawForms, []string{value}).Writer(dst, redact.WriterOptions{Idle: -1})
		n, err := w.Write([]byte("ab" + value + "cd"))
		want := cmpOr(c.err, io.ErrShortWrite)
		if n != c.n || !errors.Is(err, want) {
			t.Errorf("room %d: Write = %d, %v, want %d, %v", c.room, n, err, c.n, want)
		}
		if n, err := w.Write([]byte("more")); n != 0 || !errors.Is(err, want) {
			t.Errorf("room %d: second Write = %d, %v", c.room, n, err)
		}
		if err := w.Close(); !errors.Is(err, want) {
			t.Errorf("room %d: Close = %v", c.room, err)
		}
	}
}

func cmpOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func TestWriterClosed(t *testing.T) {
	t.Parallel()
	w := filled(t, redact.AllForms, nil).Writer(io.Discard, redact.WriterOptions{})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Write after Close: %v", err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("second Close: %v", err)
	}
}

// locked is a buffer that the idle timer may write to.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// counter counts writes.
type counter struct {
	bytes.Buffer
	writes int
}

func (c *counter) Write(p []byte) (int, error) {
	c.writes++
	return c.Buffer.Write(p)
}

func TestWriterOneWriteEach(t *testing.T) {
	t.Parallel()
	r := filled(t, redact.AllForms, []string{"value-5f0c9a7b", "other-1234567"})
	var dst counter
	w := r.Writer(&dst, redact.WriterOptions{Idle: -1})
	for _, p := range []string{"a value-5f0c9a7b b other-1234567 c va", "lue", "-5f0c9a7b.", "plain\n"} {
		dst.writes = 0
		if _, err := io.WriteString(w, p); err != nil || dst.writes > 1 {
			t.Errorf("%q: %d writes, %v", p, dst.writes, err)
		}
	}
}

// A value added between two writes is found in the next one, and in what the
// last one held.
func TestWriterSeesNewValues(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	var out bytes.Buffer
	w := r.Writer(&out, redact.WriterOptions{Idle: -1})
	for i := range 100 {
		v := fmt.Sprintf("value-%03d-xyz", i)
		if err := r.Add("k", secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, v+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	if want := strings.Repeat("[REDACTED:k]\n", 100); out.String() != want {
		t.Errorf("got %q", out.String())
	}
	r.Compact()
	if got := r.String("value-050-xyz"); got != "[REDACTED:k]" {
		t.Errorf("after Compact: %q", got)
	}
}

// FuzzWriter compares any text in any cut with the oracle.
func FuzzWriter(f *testing.F) {
	f.Add([]byte("abab1234"), []byte("1234abab"), []byte("xabab1234ababy"), uint64(1))
	f.Add([]byte("aabaabX9"), []byte("aabX"), []byte("aabaabaabX9"), uint64(2))
	f.Add([]byte("\x1b[1mabcd"), []byte("-----abc"), []byte("\x1b[1mabcd-----"), uint64(3))
	f.Fuzz(func(t *testing.T, a, b, text []byte, seed uint64) {
		if len(a) < 4 || len(b) < 4 || len(a)+len(b) > 600 || len(text) > 2000 || strings.ContainsAny(string(a)+string(b), " \t\r\n\v\f\x1b") {
			return
		}
		text = bytes.ReplaceAll(text, []byte{0x1b}, []byte{0x1a}) // the oracle knows no terminals
		r := redact.New(redact.Options{Forms: redact.RawForms})
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
