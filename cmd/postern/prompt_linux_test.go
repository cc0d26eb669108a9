package main_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// asked is a "postern set K" that asks for its value at a terminal of its own.
type asked struct {
	t         *testing.T
	cmd       *exec.Cmd
	far, near *os.File
	before    syscall.Termios
	shown     bytes.Buffer
	read      chan error
}

// ask starts "set" with more arguments and waits until it asks.
func ask(t *testing.T, env []string, args ...string) *asked {
	t.Helper()
	return askAfter(t, "", env, args...)
}

// askAfter is ask at a terminal where something was typed before.
func askAfter(t *testing.T, early string, env []string, args ...string) *asked {
	t.Helper()
	far, near := terminal(t)
	t.Cleanup(func() { _ = near.Close() })
	p := &asked{t: t, far: far, near: near, read: make(chan error, 1)}
	p.before = p.settings()
	p.keys(early)
	p.cmd, _ = command(t, append([]string{"set", "K"}, args...)...)
	config := "providers: { f: { module: dotenv, grant: { files: [{ path: ./s.env, write: true }] }, config: { path: s.env } } }\nchain: [f]\n"
	if err := errors.Join(os.WriteFile(filepath.Join(p.cmd.Dir, "c.yaml"), []byte(config), 0o600), os.WriteFile(filepath.Join(p.cmd.Dir, "s.env"), []byte("K=old\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	p.cmd.Env = append(p.cmd.Env, "TERM=dumb")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = near, near, near
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	for !bytes.Contains(p.shown.Bytes(), []byte("value of K: ")) {
		b := make([]byte, 1)
		if _, err := far.Read(b); err != nil {
			t.Fatalf("%v: %q", err, p.shown.String())
		}
		p.shown.Write(b)
	}
	return p
}

func (p *asked) settings() (s syscall.Termios) {
	p.t.Helper()
	if err := ioctl(p.near, syscall.TCGETS, unsafe.Pointer(&s)); err != nil {
		p.t.Fatal(err)
	}
	return s
}

func (p *asked) keys(s string) {
	p.t.Helper()
	if _, err := io.WriteString(p.far, s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the end, checks that the terminal is as it was and that nothing typed
// is left in it, and returns the exit code, what was shown and the value that is
// stored.
func (p *asked) end() (exit int, shown, value string) {
	p.t.Helper()
	_ = p.cmd.Wait()
	if after := p.settings(); after != p.before {
		p.t.Errorf("the terminal is left changed: %+v, before %+v", after, p.before)
	}
	raw := p.before
	raw.Lflag &^= syscall.ICANON // else only whole lines count
	var left int32
	if err := errors.Join(ioctl(p.near, syscall.TCSETS, unsafe.Pointer(&raw)), ioctl(p.near, syscall.TIOCINQ, unsafe.Pointer(&left))); err != nil || left != 0 {
		p.t.Errorf("%d bytes of what was typed are left for the shell; %v", left, err)
	}
	_ = p.near.Close()
	rest, _ := io.ReadAll(p.far) // a terminal that everybody left gives EIO
	get, _ := command(p.t, "get", "K")
	get.Dir = p.cmd.Dir
	out, err := get.Output()
	if err != nil {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode(), p.shown.String() + string(rest), string(out)
}

// TestPromptTakesAllTM182: the value is what was typed or pasted, whatever its length.
func TestPromptTakesAllTM182(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("v4", n/2-1) + "~Z" }
	const pem = "-----BEGIN-----\nMIIEvQ\n-----END-----\n"
	paste := func(s string) string { return "\x1b[200~" + strings.ReplaceAll(s, "\n", "\r") + "\x1b[201~" }
	for name, c := range map[string]struct {
		keys, want string
		args       []string
	}{
		"short":                   {"plain\r", "plain", nil},
		"line feed":               {"plain\n", "plain", nil},
		"both":                    {"plain\r\n", "plain", nil},
		"dash":                    {"plain\r", "plain", []string{"-"}},
		"4094":                    {long(4094) + "\r", long(4094), nil},
		"4096":                    {long(4096) + "\r", long(4096), nil},
		"5000":                    {long(5000) + "\r", long(5000), nil},
		"100000":                  {long(100000) + "\r", long(100000), nil},
		"backspace":               {"plaix\x7fn\r", "plain", nil},
		"backspace of characters": {"pläé\x7f\x7f\x7fain\r", "pain", nil},
		"backspace too often":     {"\x7f\x7fa\b\b\bplain\r", "plain", nil},
		"kill":                    {"wrong\x15plain\r", "plain", nil},
		"word":                    {"a wrong\x17b\r", "a b", nil},
		"tab":                     {"a\tb\r", "a\tb", nil},
		"end of input twice":      {"plain\x04\x04", "plain", nil},
		"end of input, more":      {"pla\x04in\r", "plain", nil},
		"empty":                   {"\r", "", []string{"--empty"}},
		"pasted":                  {paste("plain") + "\r", "plain", nil},
		"pasted with Enter":       {paste("plain\n") + "\r", "plain", nil},
		"pasted lines":            {paste(pem) + "\r", pem, nil},
		"pasted lines, end":       {paste(pem) + "\x04", pem, nil},
		"pasted, long lines":      {paste(long(9000)+"\n"+long(9000)) + "\r", long(9000) + "\n" + long(9000), nil},
		"pasted in parts":         {"a" + paste("b\nc") + "d\r", "ab\ncd", nil},
		"pasted mark":             {paste("a\x1b[20b\x1b\x1b[2") + "\r", "a\x1b[20b\x1b\x1b[2", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ask(t, nil, c.args...)
			p.keys(c.keys)
			exit, shown, value := p.end()
			if exit != 0 || value != c.want {
				t.Errorf("exit %d, %d bytes are stored, want %d; shown: %q", exit, len(value), len(c.want), shown)
			}
			if c.want != "" && strings.Contains(shown, c.want[:min(len(c.want), 4)]) {
				t.Errorf("the terminal shows %q", shown)
			}
		})
	}
}

// TestPromptRefusesTM182: what is not one value is refused, nothing is stored, and
// nothing is left for the shell to run.
func TestPromptRefusesTM182(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		keys, want string
		exit       int
	}{
		"lines":           {"line1\rtouch x\rtouch y\r", "several lines", 65},
		"lines, fed":      {"line1\ntouch x", "several lines", 65},
		"many lines":      {strings.Repeat("line\r", 3000), "several lines", 65},
		"behind a paste":  {"\x1b[200~a\x1b[201~\rtouch x\r", "several lines", 65},
		"two line feeds":  {"plain\r\n\n", "several lines", 65},
		"arrow":           {"plai\x1b[Dn\r", "a key was pressed", 65},
		"Escape":          {"plain\x1b\r", "a key was pressed", 65},
		"control":         {"pl\x01ain\r", "a key was pressed", 65},
		"end of input":    {"\x04", "no value given", 66},
		"killed, ended":   {"plain\x15\x04", "no value given", 66},
		"empty":           {"\r", "is empty", 66},
		"interrupt":       {"plain\x03", "interrupted by SIGINT", 130},
		"quit":            {"plain\x1c", "interrupted by SIGQUIT", 131},
		"interrupt again": {"\x1b[200~pl\x03", "interrupted by SIGINT", 130},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ask(t, nil)
			p.keys(c.keys)
			exit, shown, value := p.end()
			if exit != c.exit || value != "old" || !strings.Contains(shown, c.want) || strings.Contains(shown, "goroutine") {
				t.Errorf("exit %d, stored %q, shown %q; want %d, %q", exit, value, shown, c.exit, c.want)
			}
		})
	}
}

// TestPromptSignalsTM182: every signal that ends postern leaves the terminal as it was.
func TestPromptSignalsTM182(t *testing.T) {
	t.Parallel()
	for signal, want := range endingSignals {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			p := ask(t, []string{"GOTRACEBACK=crash"})
			p.keys("half")
			if err := p.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if exit, shown, value := p.end(); exit != want || value != "old" || !strings.Contains(shown, "interrupted by SIG") {
				t.Errorf("exit %d, stored %q, shown %q; want exit code %d", exit, value, shown, want)
			}
		})
	}
}

// TestPromptEarlyKeysTM182: what was typed before the question counts, unless a part
// of it is lost because nobody read it.
func TestPromptEarlyKeysTM182(t *testing.T) {
	t.Parallel()
	for _, early := range []string{"pla", strings.Repeat("x", 5000)} {
		p := askAfter(t, early, nil)
		p.keys("in\r")
		exit, shown, value := p.end()
		lost := exit != 0 && value == "old" && strings.Contains(shown, "more was typed before the question")
		if whole := exit == 0 && value == early+"in"; !whole && (!lost || len(early) < 4095) {
			t.Errorf("exit %d, stored %d bytes %.20q, shown %q", exit, len(value), value, shown[max(0, len(shown)-300):])
		}
	}
}

// TestPromptAsksForMarks: a terminal that can is asked to mark what is pasted,
// and in the end not to do it any more.
func TestPromptAsksForMarks(t *testing.T) {
	t.Parallel()
	p := ask(t, []string{"TERM=xterm"})
	p.keys("\x1b[200~a\rb\x1b[201~\r")
	exit, shown, value := p.end()
	if exit != 0 || value != "a\nb" || strings.Count(shown, "\x1b[?2004h") != 1 || strings.Count(shown, "\x1b[?2004l") != 1 {
		t.Errorf("exit %d, stored %q, shown %q", exit, value, shown)
	}
}

// TestPromptContinuesTM182: after a stop, when the shell has changed the terminal, the
// question is asked again and what is typed stays hidden.
func TestPromptContinuesTM182(t *testing.T) {
	t.Parallel()
	p := ask(t, nil)
	p.keys("pl")
	if err := ioctl(p.near, syscall.TCSETS, unsafe.Pointer(&p.before)); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for bytes.Count(p.shown.Bytes(), []byte("value of K: ")) < 2 {
		b := make([]byte, 1)
		if _, err := p.far.Read(b); err != nil {
			t.Fatal(err)
		}
		p.shown.Write(b)
	}
	p.keys("ain\r")
	if exit, shown, value := p.end(); exit != 0 || value != "plain" || strings.Contains(shown, "ain") {
		t.Errorf("exit %d, stored %q, shown %q", exit, value, shown)
	}
}
