package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// TestRunAsksOnTheTerminalTM158P18: a command whose input is not the terminal can ask on
// the terminal, however it reads, and the answer is shown once.
func TestRunAsksOnTheTerminalTM158P18(t *testing.T) {
	t.Parallel()
	const python = `printf "o""k? "; exec python3 -c '
import os, select, sys
fd = os.open("/dev/tty", os.O_RDONLY)
`
	for name, c := range map[string]struct{ command, script, answer, want string }{
		"pipe":                {`echo data | postern run -- sh ask`, `read x; printf "o""k? "; read y </dev/tty; echo "$x/$y"`, "yes\r", "data/yes\r"},
		"no input":            {`postern run -- sh ask </dev/null`, `printf "o""k? "; read y </dev/tty; echo "<$y>"`, "yes\r", "<yes>\r"},
		"file":                {`postern run -- sh ask <postern.yaml`, `printf "o""k? "; read y </dev/tty; echo "<$y>"`, "yes\r", "<yes>\r"},
		"closed input":        {`postern run -- sh ask <&-`, `printf "o""k? "; read y </dev/tty; echo "<$y>"`, "yes\r", "<yes>\r"},
		"the output":          {`postern run -- sh ask </dev/null`, `printf "o""k? "; read y <&1; echo "<$y>"`, "yes\r", "<yes>\r"},
		"loop":                {`echo data | while read f; do postern run -- sh ask </dev/null; done`, `printf "o""k? "; read y </dev/tty; echo "<$y>"`, "yes\r", "<yes>\r"},
		"edited":              {`postern run -- sh ask </dev/null`, `printf "o""k? "; read y </dev/tty; echo "<$y>"`, "ye\x7f\x7f\x7fno\x15ma\x7fybe\r", "<mybe>\r"},
		"literal key":         {`postern run -- sh ask </dev/null`, `printf "o""k? "; read y </dev/tty; printf "%s" "$y" | od -An -c`, "a\x16\x03b\r", "a 003   b"},
		"empty":               {`postern run -- sh ask </dev/null`, `printf "o""k? "; read y </dev/tty; echo "<$y>"`, "\r", "<>\r"},
		"end of input":        {`postern run -- sh ask </dev/null`, `printf "o""k? "; cat </dev/tty; echo "<e""nd>"`, "\x04", "<end>\r"},
		"lines and their end": {`postern run -- sh ask </dev/null`, `printf "o""k? "; echo "<$(cat </dev/tty | tr "\n" /)>"`, "one\rtwo\r\x04", "<one/two/>\r"},
		"two questions":       {`postern run -- sh ask </dev/null`, `printf "o""k? "; read y </dev/tty; (read z; echo "<$y/$z>") </dev/tty`, "one\rtwo\r", "<one/two>\r"},
		"grandchild":          {`echo x | postern run -- sh ask`, `printf "o""k? "; sh -c "sh -c \"read y </dev/tty; echo \\\"<\\\$y>\\\"\"; :"; :`, "yes\r", "<yes>\r"},
		"bash with a limit":   {`postern run -- bash ask </dev/null`, `printf "o""k? "; read -t 600 y </dev/tty; echo "<$y>"`, "yes\r", "<yes>\r"},
		"xargs":               {`echo x y | postern run -- sh ask`, `exec xargs -p echo "o""k:"`, "y\r", "ok: x y\r"},
		"python read":         {`postern run -- sh ask </dev/null`, python + `print("<%s>" % os.read(fd, 9).decode().strip())'`, "yes\r", "<yes>\r"},
		"python poll":         {`postern run -- sh ask </dev/null`, python + `p = select.poll(); p.register(0, 0); p.register(fd, select.POLLIN); p.poll(); print("<%s>" % os.read(fd, 9).decode().strip())'`, "yes\r", "<yes>\r"},
		"python select":       {`postern run -- sh ask </dev/null`, python + `os.dup2(fd, 77); select.select([77], [], []); print("<%s>" % os.read(77, 9).decode().strip())'`, "yes\r", "<yes>\r"},
		"python epoll":        {`postern run -- sh ask </dev/null`, python + `p = select.epoll(); p.register(fd, select.EPOLLIN); p.poll(); print("<%s>" % os.read(fd, 9).decode().strip())'`, "yes\r", "<yes>\r"},
		"python thread":       {`postern run -- sh ask </dev/null`, python + `import threading; t = threading.Thread(target=lambda: print("<%s>" % os.read(fd, 9).decode().strip())); t.start(); t.join()'`, "yes\r", "<yes>\r"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(name, "python") {
				if _, err := exec.LookPath("python3"); err != nil {
					t.Skip("no python3 here")
				}
			}
			shell := asking(t, c.script)
			shell.keys(c.command + "; echo rc=$?\r")
			if name == "xargs" {
				shell.wait("?...")
			} else {
				shell.wait("ok? ")
			}
			shell.keys(c.answer)
			shown := shell.wait(c.want)
			if text := strings.TrimSuffix(c.answer, "\r"); text == "yes" && strings.Count(shown, "yes") != strings.Count(c.want, "yes")+1 {
				t.Errorf("the terminal shows %q", shown)
			}
			shell.wait("rc=0\r")
			shell.wait(ready)
			shell.keys("echo se$((1+1))\r") // the shell has its terminal as it was
			if shown := shell.wait("se2\r"); strings.Count(shown, "se$((1+1))") != 1 {
				t.Errorf("the terminal shows %q", shown)
			}
		})
	}
}

// asking is an interactive bash in a folder with values and with the script ask. It is in
// a file, so that the terminal does not show it.
func asking(t *testing.T, script string) *typing {
	t.Helper()
	dir, env := completionFolder(t)
	if err := os.WriteFile(filepath.Join(dir, "ask"), []byte(script+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return interactive(t, "bash", dir, env, "bind 'set enable-bracketed-paste off'\nPS1='"+ready+"'\n")
}

// TestRunAsksAndHidesTM158P18: after a question with a shown answer, keys that the command
// reads one by one or without showing them come as before, and then lines again.
func TestRunAsksAndHidesTM158P18(t *testing.T) {
	t.Parallel()
	shell := asking(t, `printf "na""me? "; read a </dev/tty
		old=$(stty -g </dev/tty); stty -echo </dev/tty; printf "pa""ss? "; read b </dev/tty; stty "$old" </dev/tty
		printf "mo""re? "; read c </dev/tty; echo "<$a/$b/$c>"`)
	shell.keys("postern run -- sh ask </dev/null\r")
	shell.wait("name? ")
	shell.keys("one\r")
	shown := shell.wait("pass? ")
	shell.hidden()
	shell.keys("hid\x7fden\r")
	shown += shell.wait("more? ")
	if strings.Contains(shown, "hi") || strings.Count(shown, "one") != 1 {
		t.Errorf("the terminal shows %q", shown)
	}
	shell.keys("twu\x7fo\r")
	if shown := shell.wait("<one/hiden/two>"); strings.Count(shown, "twu\b \bo") != 1 {
		t.Errorf("the terminal shows %q", shown)
	}
}

// hidden waits until the terminal does not show what is typed.
func (s *typing) hidden() {
	s.t.Helper()
	for echo := true; echo; goruntime.Gosched() {
		var state syscall.Termios
		if err := ioctl(s.far, syscall.TCGETS, unsafe.Pointer(&state)); err != nil {
			s.t.Fatal(err)
		}
		echo = state.Lflag&syscall.ECHO != 0
	}
}

// TestRunAnswerEndsTM160P18: keys that send signals do so while the command asks.
func TestRunAnswerEndsTM160P18(t *testing.T) {
	t.Parallel()
	shell := asking(t, `printf "o""k? "; read y </dev/tty; echo "<$y>"`)
	shell.keys("postern run -- sh ask </dev/null\r")
	shell.wait("ok? ")
	shell.keys("ye\x03")
	shell.wait(ready)
	shell.keys("echo rc=$?\r")
	shell.wait("rc=130\r")
	shell.wait(ready)
	shell.keys("postern run -- sh ask </dev/null\r")
	shell.wait("ok? ")
	shell.keys("\x1a")
	shell.wait("Stopped")
	shell.wait(ready)
	shell.keys("fg\r")
	shell.wait("\r\npostern run")
	shell.wait("\r\n")
	shell.keys("yes\r")
	shell.wait("<yes>\r")
}

// TestRunLeavesKeysToOthersTM158P18: while no process of the command waits for keys, they
// stay for those who share the terminal, before it asks and after it has asked.
func TestRunLeavesKeysToOthersTM158P18(t *testing.T) {
	t.Parallel()
	t.Run("the shell, later", func(t *testing.T) {
		t.Parallel()
		shell, up, gate := atPrompt(t)
		shell.keys("postern run -- bash -c 'printf o\"\"k; read y </dev/tty; echo \"<$y>\"; echo x >up; read x <gate; read -t 0 </dev/tty && echo ta\"\"ken' </dev/null\r")
		shell.wait("ok")
		shell.keys("yes\recho sec$((1+1))ond\r")
		shell.wait("<yes>\r")
		hear(t, up)
		write(t, gate)
		if shown := shell.wait("sec2ond\r"); strings.Contains(shown, "taken") {
			t.Errorf("the command has a line for which it did not ask: %q", shown)
		}
	})
	// The other one reads lines or single keys, but later, and the command writes.
	for name, mode := range map[string]string{"lines": "", "keys": "stty -icanon -echo </dev/tty; "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell, up, gate := atPrompt(t)
			shell.keys("mkfifo go; (" + mode + "echo x >up; read x <go; read y </dev/tty; stty sane </dev/tty; echo \"got=$y\" >/dev/tty; echo x >up) |" +
				" (read x <gate; exec postern run -- sh -c 'echo st\"\"arted; read x <gate; echo x >go; read x <gate; read y </dev/tty; echo \"<$y>\"')\r")
			hear(t, up)
			write(t, gate)
			shell.wait("started")
			shell.keys("mine\n")
			write(t, gate)
			shell.wait("got=mine\r")
			hear(t, up)
			write(t, gate)
			shell.keys("yours\r")
			shell.wait("<yours>\r")
		})
	}
}
