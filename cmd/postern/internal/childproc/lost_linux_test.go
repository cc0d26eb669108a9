package childproc_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
)

// full takes a number of bytes and then fails as a full disk does.
type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), f.room)
	f.room -= n
	if n < len(p) {
		return n, unix.ENOSPC
	}
	return n, nil
}

// holding is a mask that writes everything when it is closed.
type holding struct {
	bytes.Buffer
	to io.Writer
}

func (h *holding) Close() error {
	_, err := h.to.Write(h.Bytes())
	return err
}

// Output that could not be written is an error, wherever in the output that was and
// whatever the child exited with.
func TestRunReportsLostOutput_P18(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		script string
		room   int
		mask   func(io.Writer) io.WriteCloser
	}{
		"at once":            {"echo a", 0, unmasked},
		"in the middle":      {"head -c 300000 /dev/zero; exit 0", 100_000, unmasked},
		"in the last bytes":  {"head -c 300000 /dev/zero; exit 0", 299_999, unmasked},
		"when it is flushed": {"echo a", 1, func(w io.Writer) io.WriteCloser { return &holding{to: w} }},
		"on standard error":  {"echo a >&2", 1, unmasked},
		"of a failed child":  {"echo a; exit 9", 0, unmasked},
	} {
		for _, masked := range []bool{true, false} {
			o := sh(tt.script)
			o.Stdout, o.Stderr = io.Discard, io.Discard
			if name == "on standard error" {
				o.Stderr = &full{tt.room}
			} else {
				o.Stdout = &full{tt.room}
			}
			if masked {
				o.Mask = tt.mask
			} else if name == "when it is flushed" {
				continue
			}
			_, err := childproc.Run(o)
			var lost *childproc.OutputError
			if !errors.As(err, &lost) || !errors.Is(err, unix.ENOSPC) {
				t.Errorf("%s, masked %v: error %v, want that the output was lost", name, masked, err)
			}
		}
	}
}

// A reader that is gone ends the command as SIGPIPE would, even if the command has
// written everything by then.
func TestRunReaderGone_TM161(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	defer func() { _ = w.Close() }()
	for script, want := range map[string]int{"echo y": 128 + int(unix.SIGPIPE), "echo y; exit 7": 7} {
		o := sh(script)
		o.Stdout, o.Mask = w, unmasked
		if code, err := run(o); code != want || err != nil {
			t.Errorf("Run(%q) = %d, %v, want %d", script, code, err, want)
		}
	}
}

// Standard output and standard error that are one file stay in the order in which
// the child wrote them.
func TestRunKeepsOrder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	again, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	want := ""
	for range 100 {
		want += "o\ne\n"
	}
	for name, stderr := range map[string]*os.File{"one descriptor": f, "two descriptors": again} {
		if err := f.Truncate(0); err != nil {
			t.Fatal(err)
		}
		_, _ = f.Seek(0, io.SeekStart)
		o := sh("i=0; while [ $i -lt 100 ]; do echo o; echo e >&2; i=$((i+1)); done")
		o.Stdout, o.Stderr, o.Mask = f, stderr, unmasked
		if code, err := childproc.Run(o); code != 0 || err != nil {
			t.Fatal(code, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != want {
			t.Errorf("%s: the order is %.40q, %v", name, b, err)
		}
	}
}

// A process that the child leaves behind keeps its output, and its writes succeed.
func TestRunKeepsReading_TM162(t *testing.T) {
	t.Parallel()
	until, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := sh(`(read x <&3; echo late; echo alive) & echo early; exit 3`)
	o.Stdout, o.Mask, o.Files, o.WaitDelay = &out, unmasked, []*os.File{until}, time.Millisecond
	said := 0
	o.LeftBehind = func() {
		said++
		_ = held.Close()
	}
	code, err := childproc.Run(o)
	if code != 3 || err != nil || out.String() != "early\nlate\nalive\n" || said != 1 {
		t.Errorf("Run = %d, %v, out %q, said %d times", code, err, &out, said)
	}
	_ = until.Close()
}

// A slow reader is not taken for a process that was left behind.
func TestRunSlowReader(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	o := sh("head -c 400000 /dev/zero")
	o.Stdout, o.Mask, o.WaitDelay = w, unmasked, time.Microsecond
	o.LeftBehind = func() { t.Error("nothing was left behind") }
	read := make(chan int)
	go func() {
		n, _ := io.Copy(io.Discard, io.MultiReader(io.LimitReader(r, 1), strings.NewReader(""), r))
		read <- int(n)
	}()
	code, err := childproc.Run(o)
	_ = w.Close()
	if n := <-read; code != 0 || err != nil || n != 400000 {
		t.Errorf("Run = %d, %v, %d bytes", code, err, n)
	}
	_ = r.Close()
}

// A signal that the child handles costs no output, however slow the reader is, and does not
// replace the exit code.
func TestRunSlowReaderAfterAHandledSignal(t *testing.T) { // not parallel: every child gets the signals
	for s, script := range map[string]string{
		"TERM": "trap 'head -c 400000 /dev/zero; exit 3' TERM; kill -TERM $PPID; while :; do sleep 1; done", "INT": "trap 'head -c 400000 /dev/zero; exit 3' INT; kill -INT $PPID; while :; do sleep 1; done",
		"QUIT": "trap 'head -c 400000 /dev/zero; exit 3' QUIT; kill -QUIT $PPID; while :; do sleep 1; done", "HUP": "trap 'head -c 400000 /dev/zero; exit 3' HUP; kill -HUP $PPID; while :; do sleep 1; done",
		"none, 130": "head -c 400000 /dev/zero; exit 130", "none, 143": "head -c 400000 /dev/zero; exit 143", "own ABRT": "head -c 400000 /dev/zero; kill -ABRT $$", "own TERM": "head -c 400000 /dev/zero; kill -TERM $$",
		"another": "trap 'head -c 400000 /dev/zero; exit 143' INT; kill -INT $PPID; while :; do sleep 1; done",
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		o := sh(script)
		o.Stdout, o.Mask, o.WaitDelay = w, unmasked, time.Microsecond
		read := make(chan int)
		go func() {
			n := 0
			for b := make([]byte, 1000); ; {
				got, err := r.Read(b)
				if n += got; err != nil {
					break
				}
				for range 1000 {
					goruntime.Gosched()
				}
			}
			read <- n
		}()
		code, err := childproc.Run(o)
		_ = w.Close()
		want := map[string]int{"none, 130": 130, "none, 143": 143, "own ABRT": 134, "own TERM": 143, "another": 143}[s]
		if want == 0 {
			want = 3
		}
		if n := <-read; code != want || (err != nil) != strings.HasPrefix(s, "own") || n != 400000 {
			t.Errorf("%s: Run = %d, %v, %d bytes", s, code, err, n)
		}
		_ = r.Close()
	}
}
