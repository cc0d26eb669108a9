package childproc_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/postern-project/postern/cmd/postern/internal/childproc"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

func sh(script string) childproc.Options {
	return childproc.Options{Path: "/bin/sh", Argv: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Helper: helper}
}

// ways are the connections that a child can have.
var ways = map[string]func(*testing.T, *childproc.Options){
	"direct": func(*testing.T, *childproc.Options) {},
	"pipe": func(_ *testing.T, o *childproc.Options) {
		o.Stdout, o.Stderr, o.Mask = io.Discard, io.Discard, unmasked
	},
	"tty": func(t *testing.T, o *childproc.Options) {
		_, slave := outerTerminal(t)
		o.Stdin, o.Stdout, o.Stderr, o.Mask = slave, slave, slave, unmasked
	},
}

// outerTerminal returns a terminal for a scene. Its output is discarded.
func outerTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, slave, err := childproc.OpenPTY(os.Stdin)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, master) }()
	t.Cleanup(func() { _, _ = slave.Close(), master.Close() })
	return master, slave
}

func TestRunExitCodes_TM161_P18(t *testing.T) {
	t.Parallel()
	for name, connect := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for want := range 256 {
				o := sh(fmt.Sprintf("exit %d", want))
				connect(t, &o)
				if got, err := childproc.Run(o); got != want || err != nil {
					t.Errorf("Run(exit %d) = %d, %v", want, got, err)
				}
			}
		})
	}
}

func TestRunDeathBySignal_TM161_P18(t *testing.T) {
	t.Parallel()
	// The other signals do not end a process.
	harmless := map[int]bool{17: true, 18: true, 19: true, 20: true, 21: true, 22: true, 23: true, 28: true, 32: true, 33: true}
	for name, connect := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= 64; n++ {
				if harmless[n] {
					continue
				}
				o := sh(fmt.Sprintf("ulimit -c 0; kill -%d $$; exit 1", n))
				connect(t, &o)
				var died *childproc.SignalError
				if got, err := childproc.Run(o); got != 128+n || !errors.As(err, &died) || died.Signal != syscall.Signal(n) {
					t.Errorf("Run(kill -%d) = %d, %v, want %d", n, got, err, 128+n)
				}
			}
		})
	}
}

func TestRunNotStarted_TM161(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"plain": "#!/bin/sh\n", "binary": "\x7fELF\x02\x01\x01\x00no program\n", "nowhere": "#!/no/such/interpreter\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if name != "plain" {
			if err := os.Chmod(filepath.Join(dir, name), 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name string
		want int
	}{
		{"no-such-command", childproc.ExitNotFound},
		{"", childproc.ExitNotFound},
		{"./no-such-command", childproc.ExitNotFound},
		{"plain", childproc.ExitNotExecutable},
		{dir, childproc.ExitNotExecutable},
		{filepath.Join(dir, "plain"), childproc.ExitNotExecutable},
		{filepath.Join(dir, "plain", "x"), childproc.ExitNotFound},
		{"binary", childproc.ExitNotExecutable},
		{"nowhere", childproc.ExitNotFound},
	}
	for _, tt := range tests {
		path, err := childproc.Lookup(tt.name, "relative:/no/such/folder:"+dir)
		if err == nil {
			_, err = childproc.Run(childproc.Options{Path: path, Argv: []string{tt.name, "s3cret"}})
		}
		var e *childproc.Error
		if !errors.As(err, &e) || e.ExitCode != tt.want || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: error %v, want exit code %d", tt.name, err, tt.want)
		}
	}
	if path, err := childproc.Lookup("sh", "/no/such/folder:/usr/bin:/bin"); err != nil || !strings.HasSuffix(path, "/sh") {
		t.Errorf("Lookup(sh) = %q, %v", path, err)
	}
	large := childproc.Options{Path: "/bin/sh", Argv: []string{"sh"}, Env: []string{"A=" + strings.Repeat("x", 1<<20)}}
	_, err := childproc.Run(large)
	var e *childproc.Error
	if !errors.As(err, &e) || e.ExitCode != childproc.ExitFailed || !errors.Is(err, unix.E2BIG) {
		t.Errorf("a large environment: %v", err)
	}
}

// A script that names no interpreter is run by the shell, as execvp and shells do.
func TestRunScriptWithoutInterpreter_P18(t *testing.T) {
	t.Parallel()
	for name, connect := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "-c"), 0o700); err != nil {
				t.Fatal(err)
			}
			for i, tt := range []struct {
				file, text string
				argv       []string
				want       int
			}{
				{"plain", "exit $(($# + 4))", []string{"plain", "a b", "c"}, 6},
				{"comment", "# \xff\nexit 5\n", []string{"comment"}, 5},
				{"bytes later", "exit 7\n\x00\x00", []string{"any"}, 7},
				{"-c/tool", "exit 8", []string{"tool"}, 8},
				{"empty", "", []string{"empty"}, 0},
				{"arguments", `test "$1,$2" = "-x,\"" && exit 9`, []string{"arguments", "-x", `"`}, 9},
			} {
				file := filepath.Join(dir, tt.file)
				if err := os.WriteFile(file, []byte(tt.text), 0o700); err != nil {
					t.Fatal(err)
				}
				o := childproc.Options{Path: file, Argv: tt.argv, Helper: helper}
				if i%2 == 1 {
					o.Path, o.Dir = tt.file, dir
				}
				connect(t, &o)
				if got, err := childproc.Run(o); got != tt.want || err != nil {
					t.Errorf("%s: Run = %d, %v, want %d", tt.file, got, err, tt.want)
				}
			}
		})
	}
}

func TestRunReady(t *testing.T) {
	t.Parallel()
	want := errors.New("not now")
	o := sh("exit 3")
	o.Ready = func() error { return want }
	if code, err := childproc.Run(o); err != want || code != 0 {
		t.Errorf("Run = %d, %v, want %v", code, err, want)
	}
	o.Ready = func() error { return nil }
	if code, err := childproc.Run(o); err != nil || code != 3 {
		t.Errorf("Run = %d, %v", code, err)
	}
}

// Lookup must not find a program in the current folder by its name alone.
func TestLookupPassesOverRelativeFolders(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("tool", []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", ".", ":", "./"} {
		file, err := childproc.Lookup("tool", path)
		if want := `command not found: relative folders of PATH are skipped; name it "./tool"`; path != "" && (err == nil || !strings.Contains(err.Error(), want)) || path == "" && err == nil {
			t.Errorf("Lookup with path %q = %q, %v, want %q", path, file, err, want)
		}
	}
	if _, err := childproc.Lookup("./tool", ""); err != nil {
		t.Error(err)
	}
}

func TestRunArgumentsAreLiteral_TM164(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"$(touch x)", "`id`", ";exit 3", "a b", "*", "'", `"`, "\n", "{{secret}}"} {
		var out bytes.Buffer
		o := sh(`printf %s "$1"`)
		o.Argv = append(o.Argv, "sh", arg)
		o.Stdout = &out
		if code, err := childproc.Run(o); code != 0 || err != nil || out.String() != arg {
			t.Errorf("argument %q arrived as %q (%d, %v)", arg, &out, code, err)
		}
	}
}

func TestRunBinaryOutput_TM159(t *testing.T) {
	t.Parallel()
	want := blob(8 << 20)
	reg := redact.New(redact.Options{})
	defer reg.Close()
	v, err := secret.FromString("c4n4ry~V4lue~5ecret~7f3e9a1b")
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.Add("db/password", v); err != nil {
		t.Fatal(err)
	}
	for name, mask := range map[string]func(io.Writer) io.WriteCloser{
		"pipe": nil, "masked": func(w io.Writer) io.WriteCloser { return reg.Writer(w, redact.WriterOptions{}) },
	} {
		var out bytes.Buffer
		o := again(fmt.Sprintf("blob %d", len(want)))
		o.Stdout, o.Mask = &out, mask
		code, err := childproc.Run(o)
		if code != 0 || err != nil || !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: got %d bytes, want the same %d bytes: %d, %v", name, out.Len(), len(want), code, err)
		}
	}
}

func TestRunMasksEveryCut_TM155_P18(t *testing.T) {
	t.Parallel()
	const canary = "c4n4ry~V4lue~5ecret~7f3e9a1b"
	reg := redact.New(redact.Options{})
	defer reg.Close()
	v, err := secret.FromString(canary)
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.Add("db/password", v); err != nil {
		t.Fatal(err)
	}
	mask := func(w io.Writer) io.WriteCloser { return reg.Writer(w, redact.WriterOptions{Idle: -1}) }
	check := func(t *testing.T, out []byte, newline string) {
		t.Helper()
		lines := len("<"+canary+">\n") + 2
		if want := strings.Repeat("<[REDACTED:db/password]>"+newline, lines); string(out) != want {
			t.Errorf("output of %d bytes is not %d masked lines:\n%.300q", len(out), lines, out)
		}
	}
	t.Run("pipe", func(t *testing.T) {
		var out bytes.Buffer
		o := again("chunks " + canary)
		o.Stdout, o.Mask = &out, mask
		if code, err := childproc.Run(o); code != 0 || err != nil {
			t.Fatal(code, err)
		}
		check(t, out.Bytes(), "\n")
	})
	t.Run("tty", func(t *testing.T) {
		master, slave, err := childproc.OpenPTY(os.Stdin)
		if err != nil {
			t.Fatal(err)
		}
		shown := make(chan []byte)
		go func() { // until the last of the terminal's own end is closed
			b, _ := io.ReadAll(master)
			shown <- b
		}()
		o := again("chunks " + canary)
		o.Stdin, o.Stdout, o.Mask = slave, slave, mask
		code, err := childproc.Run(o)
		_ = slave.Close()
		out := <-shown
		_ = master.Close()
		if code != 0 || err != nil {
			t.Fatal(code, err)
		}
		check(t, out, "\r\n")
	})
}

func TestRunStreamsStayApart(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	o := sh("echo out; echo err >&2; cat")
	o.Stdout, o.Stderr, o.Mask = &out, &errs, unmasked
	code, err := childproc.Run(o)
	if code != 0 || err != nil || out.String() != "out\n" || errs.String() != "err\n" {
		t.Errorf("Run = %d, %v, out %q, err %q", code, err, &out, &errs)
	}
}

// A process that the child leaves behind keeps its output open until after Run has
// returned.
func TestRunLeavesGrandchildren_TM162(t *testing.T) {
	t.Parallel()
	until, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := again("orphan")
	o.Stdout, o.Mask, o.Files, o.WaitDelay = &out, unmasked, []*os.File{until}, time.Millisecond
	code, err := childproc.Run(o)
	if code != 3 || err != nil || out.String() != "before\n" {
		t.Errorf("Run = %d, %v, out %q", code, err, &out)
	}
	_, _ = until.Close(), held.Close()
}

// gated blocks writes until the child has ended: until the end of a pipe whose other
// end only the child has.
type gated struct {
	ends, ended *os.File
	bytes.Buffer
}

func (g *gated) Write(p []byte) (int, error) {
	_ = g.ends.Close() // the child is there and has its own
	_, _ = io.Copy(io.Discard, g.ended)
	return g.Buffer.Write(p)
}

// All output that the child wrote arrives, even if the reader is slow and another
// process keeps the output open.
func TestRunLosesNoOutput(t *testing.T) {
	t.Parallel()
	until, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ended, ends, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &gated{ends: ends, ended: ended}
	o := sh(`head -c 60000 /dev/zero; (exec 4>&-; read x <&3) & exit 4`)
	o.Stdout, o.Mask, o.Files, o.WaitDelay = out, unmasked, []*os.File{until, ends}, time.Nanosecond
	code, err := childproc.Run(o)
	if code != 4 || err != nil || out.Len() != 60000 {
		t.Errorf("Run = %d, %v, %d bytes of 60000", code, err, out.Len())
	}
	_, _, _ = until.Close(), held.Close(), ended.Close()
}

// When the reader is gone, the child gets SIGPIPE from its own pipe.
func TestRunBrokenOutput_TM161(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	defer func() { _ = w.Close() }()
	o := sh("while :; do echo y; done")
	o.Stdout, o.Mask = w, unmasked
	if code, err := run(o); code != 128+int(unix.SIGPIPE) || err != nil {
		t.Errorf("Run = %d, %v", code, err)
	}
}
