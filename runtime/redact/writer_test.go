package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// TM-159: text that cannot begin a value is written before Write returns; of other
// text, as much as allowed is written after a pause.
func TestTM159NoDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := filled(t, redact.AllEncodings, []string{"ghp_9xQ2mZ7LrT4vWk1Yb8Nc5Hd3Jf6Sg0PaXeUi"})
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

// Binary data is not changed.
func TestTM159Binary(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	r := filled(t, redact.AllEncodings, logValues(rnd, 100, true))
	text := make([]byte, 4<<20)
	for i := range text {
		text[i] = byte(rnd.Uint32())
	}
	if got := pass(t, r, slices.Collect(slices.Chunk(text, 33_333))...); !bytes.Equal(got, text) {
		t.Error("binary data changed")
	}
}

// limited is a destination that fails after some bytes.
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
		w := filled(t, redact.NoEncodings, []string{value}).Writer(dst, redact.WriterOptions{Idle: -1})
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

// TestWriterEndsWithAPanic: after a panic of the destination, or of a function of the
// options, nothing more is written: what was held began a value. On the timer a panic does
// not end the process.
func TestWriterEndsWithAPanic(t *testing.T) {
	t.Parallel()
	const value = "swordfish-of-the-server-0123456789"
	leave := map[string]func(){"panic": func() { panic("code of the embedder") }, "Goexit": goruntime.Goexit}
	for _, from := range []string{"destination", "Show"} {
		for name, leave := range leave {
			for _, during := range []string{"Write", "a pause", "Close"} {
				t.Run(from+" "+name+" in "+during, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						r := filled(t, redact.NoEncodings, []string{value})
						var out locked
						var armed atomic.Bool
						on := func(who string) {
							if who == from && armed.CompareAndSwap(true, false) {
								leave()
							}
						}
						dst := writing(func(p []byte) (int, error) { on("destination"); return out.Write(p) })
						w := r.Writer(dst, redact.WriterOptions{Show: func(string) bool { on("Show"); return false }})
						call := func(f func() (int, error)) (err error) {
							done := make(chan struct{})
							go func() {
								defer close(done)
								defer func() { _ = recover() }()
								_, err = f()
							}()
							<-done
							return err
						}
						write := func(text string) func() (int, error) {
							return func() (int, error) { return io.WriteString(w, text) }
						}
						if from == "Show" { // it is asked about values that are there in whole
							_ = r.Add("short", secretOf(t, []byte(value[:9])))
						}
						_ = call(write(value[:len(value)-1]))
						armed.Store(true)
						switch during {
						case "Write":
							_ = call(write(value[len(value)-1:]))
						case "a pause":
							time.Sleep(2 * redact.DefaultIdle)
							synctest.Wait()
						case "Close":
							_ = call(func() (int, error) { return 0, w.Close() })
						}
						if armed.Load() {
							t.Fatal("it was not called")
						}
						before := out.String()
						if err := call(write(" next line\n")); err == nil {
							t.Error("the next Write does not fail")
						}
						if err := call(func() (int, error) { return 0, w.Close() }); err == nil {
							t.Error("the next Close does not fail")
						}
						time.Sleep(2 * redact.DefaultIdle)
						synctest.Wait()
						if got := out.String(); got != before || strings.Contains(got, value[:len(value)/2]) {
							t.Errorf("%q was written, before %q", got, before)
						}
					})
				})
			}
		}
	}
}

// writing is a destination.
type writing func(p []byte) (int, error)

func (w writing) Write(p []byte) (int, error) { return w(p) }

func TestWriterClosed(t *testing.T) {
	t.Parallel()
	w := filled(t, redact.AllEncodings, nil).Writer(io.Discard, redact.WriterOptions{})
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

// counter is a destination that counts writes.
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
	r := filled(t, redact.AllEncodings, []string{"value-5f0c9a7b", "other-1234567"})
	var dst counter
	w := r.Writer(&dst, redact.WriterOptions{Idle: -1})
	for _, p := range []string{"a value-5f0c9a7b b other-1234567 c va", "lue", "-5f0c9a7b.", "plain\n"} {
		dst.writes = 0
		if _, err := io.WriteString(w, p); err != nil || dst.writes > 1 {
			t.Errorf("%q: %d writes, %v", p, dst.writes, err)
		}
	}
}

// The timer runs only while something is held, and not after Close.
func TestWriterStopsTimer(t *testing.T) {
	t.Parallel()
	running := 0
	w := filled(t, redact.AllEncodings, []string{"value-5f0c9a7b"}).Writer(io.Discard, redact.WriterOptions{
		AfterFunc: func(d time.Duration, _ func()) func() bool {
			if d != redact.DefaultIdle {
				t.Errorf("a pause of %v", d)
			}
			running++
			return func() bool { running--; return true }
		},
	})
	for _, c := range []struct {
		text string
		want int
	}{{"plain.", 0}, {"val", 1}, {"ue", 1}, {"!", 0}, {"va", 1}} {
		if _, err := io.WriteString(w, c.text); err != nil || running != c.want {
			t.Errorf("after %q: %d timers, %v, want %d", c.text, running, err, c.want)
		}
	}
	if err := w.Close(); err != nil || running != 0 {
		t.Errorf("after Close: %d timers, %v", running, err)
	}
}

// A value added between two writes is masked in the next one, and in bytes that were
// held before.
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

// A key that a policy shows is not masked in a stream, unless the value has another
// key, or overlaps with a value that is masked.
func TestWriterShows(t *testing.T) {
	t.Parallel()
	r := redact.New(redact.Options{})
	defer r.Close()
	for key, v := range map[string]string{"shown": "Europe/Berlin", "also/shown": "Europe/Berlin", "hidden": "Berlin-5f0c9a7b", "both": "value-5f0c", "shown/2": "value-5f0c"} {
		if err := r.Add(key, secretOf(t, []byte(v))); err != nil {
			t.Fatal(err)
		}
	}
	show := func(key string) bool { return strings.Contains(key, "shown") }
	in := "tz=Europe/Berlin RXVyb3BlL0Jlcmxpbg== value-5f0c Europe/Berlin-5f0c9a7b Europe/Ber"
	want := "tz=Europe/Berlin RXVyb3BlL0Jlcmxpbg== [REDACTED:both] Europe/[REDACTED:hidden] Europe/Ber"
	for i := range len(in) {
		var out bytes.Buffer
		w := r.Writer(&out, redact.WriterOptions{Idle: -1, Show: show})
		for _, p := range []string{in[:i], in[i:]} {
			if _, err := io.WriteString(w, p); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil || out.String() != want {
			t.Errorf("cut at %d: %q, %v, want %q", i, out.String(), err, want)
		}
	}
	if got := r.String("tz=Europe/Berlin"); got != "tz=[REDACTED:also/shown]" {
		t.Errorf("elsewhere: %q", got)
	}
}

// A value that is shown hides no masked value inside it, in whichever order the
// two are found: registries differ by their seed.
func TestShownValueCoversNoOther(t *testing.T) {
	t.Parallel()
	encode := map[string]func(string) string{
		"raw": func(s string) string { return s }, "base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"hex": func(s string) string { return hex.EncodeToString([]byte(s)) }, "percent": url.QueryEscape,
		"colors": func(s string) string { return s[:len(s)/2] + "\x1b[31m" + s[len(s)/2:] },
	}
	for _, tt := range []struct{ outer, inner string }{
		{"https://s3.example/b/AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"},
		{"prefix correcthorsebattery suffix", "correcthorsebattery"},
		{"https://u:hunter2hunter2@host.example/path", "hunter2hunter2"},
		{"hunter2hunter2/and/much/more/of/it", "hunter2hunter2"},
		{strings.Repeat("abcdef012345", 40), "abcdef012345abcdef012345"},
	} {
		for name, f := range encode {
			in := "a " + f(tt.outer) + " b"
			for range sample.Times(20) {
				r := redact.New(redact.Options{})
				for key, v := range map[string]string{"shown": tt.outer, "hidden": tt.inner} {
					if err := r.Add(key, secretOf(t, []byte(v))); err != nil {
						t.Fatal(err)
					}
				}
				var out bytes.Buffer
				w := r.Writer(&out, redact.WriterOptions{Idle: -1, Show: func(key string) bool { return key == "shown" }})
				_, err := io.WriteString(w, in)
				if err := errors.Join(err, w.Close()); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(out.String(), "[REDACTED:hidden]") || strings.Contains(out.String(), f(tt.inner)) {
					t.Fatalf("%s: %q", name, out.String())
				}
				r.Close()
			}
		}
	}
}
