package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestRunComesToTheForegroundTM158: a command of run that a shell moves to the foreground
// while it runs gets the keyboard, and what is typed is not shown by two terminals.
func TestRunComesToTheForegroundTM158(t *testing.T) {
	t.Parallel()
	for name, amp := range map[string]bool{"stopped, then bg": false, "started in the background": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, env := completionFolder(t)
			shell := interactive(t, "bash", dir, env, "bind 'set enable-bracketed-paste off'\nPS1='"+ready+"'\n")
			run := "postern run -- sh -c 'stty -echo; echo begun; while read x; do echo got=$x; done; echo ended'"
			if amp {
				shell.keys(run + " &\r")
				shell.wait("begun\r")
			} else {
				shell.keys(run + "\r")
				shell.wait("begun\r")
				shell.keys("\x1a")
				shell.wait("Stopped")
				shell.wait(ready)
				shell.keys("bg\r")
				shell.wait(ready)
			}
			shell.keys("fg\r")
			shell.wait("\r\npostern run")
			shell.wait("\r\n")
			shell.keys("two\rthree\r")
			shell.wait("got=two\r")
			shell.wait("got=three\r")
			shell.keys("\x04")
			shell.wait("ended\r")
			shell.wait(ready)
		})
	}
}

func (s *typing) keys(keys string) {
	s.t.Helper()
	if _, err := s.far.WriteString(keys); err != nil {
		s.t.Fatal(err)
	}
}

// atPrompt starts an interactive bash in a folder with values to mask. The commands
// report through the pipe "up" and wait at the pipe "gate".
func atPrompt(t *testing.T) (shell *typing, up, gate *os.File) {
	t.Helper()
	dir, env := completionFolder(t)
	pipe := func(name string) *os.File {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0) // so that nobody waits for the other end
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	up, gate = pipe("up"), pipe("gate")
	return interactive(t, "bash", dir, env, "bind 'set enable-bracketed-paste off'\nPS1='"+ready+"'\n"), up, gate
}

// hear waits until a command reports.
func hear(t *testing.T, up *os.File) {
	t.Helper()
	_ = up.SetReadDeadline(time.Now().Add(patience))
	if _, err := up.Read(make([]byte, 64)); err != nil {
		t.Fatalf("no report of the command: %v", err)
	}
}

func write(t *testing.T, gate *os.File) {
	t.Helper()
	if _, err := gate.WriteString("x\n"); err != nil {
		t.Fatal(err)
	}
}

// TestRunWithoutTheTerminalTM158P18: a command that sends all of its streams elsewhere
// is not hung up, and can come back to its terminal.
func TestRunWithoutTheTerminalTM158P18(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"streams in files": "exec </dev/null >>log 2>&1; echo x >up; read x <gate; echo x >up; exit 4",
		"streams closed":   "exec 0<&- 1>&- 2>&-; echo x >up; read x <gate; echo x >up; exit 4",
		"child of a shell": "(exec </dev/null >log 2>&1; echo x >up; read x <gate; echo x >up) </dev/null >log 2>&1; exit 4",
		"comes back":       "exec </dev/null >>log 2>&1; echo x >up; read x <gate; echo x >up; echo back >/dev/tty; exit 4",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell, up, gate := atPrompt(t)
			shell.keys("postern run -- sh -c '" + script + "'; echo rc=$?\r")
			hear(t, up)
			write(t, gate)
			hear(t, up)
			if name == "comes back" {
				shell.wait("\nback\r")
			}
			shell.wait("rc=4\r")
		})
	}
}

// TestRunLeavesBackgroundAliveTM162P18: what a command leaves running in the background
// of a terminal lives on, and run waits for it while it has the terminal open.
func TestRunLeavesBackgroundAliveTM162P18(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, shows string }{
		"without the terminal": {"(read x <gate; echo x >up) </dev/null >/dev/null 2>&1 & exit 3", ""},
		"with its output":      {"(read x <gate; echo late; echo x >up) & exit 3", "late"},
		"with its errors":      {"(read x <gate; echo late >&2; echo x >up) >/dev/null & exit 3", "late"},
		"in a pipeline":        {"(read x <gate; echo late; echo x >up) | cat & exit 3", "late"},
		"grandchild":           {"sh -c \"(read x <gate; echo x >up) </dev/null >/dev/null 2>&1 &\"; exit 3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell, up, gate := atPrompt(t)
			shell.keys("postern run -- sh -c '" + c.script + "'; echo rc=$?\r")
			if c.shows == "" {
				shell.wait("rc=3\r")
				write(t, gate)
				hear(t, up)
				return
			}
			shell.wait("waiting for it")
			write(t, gate)
			shell.wait("\n" + c.shows + "\r")
			hear(t, up)
			shell.wait("rc=3\r")
		})
	}
}

// TestRunInterruptsWaitingTM162: Ctrl-C ends the waiting for a process in the background.
func TestRunInterruptsWaitingTM162(t *testing.T) {
	t.Parallel()
	shell, _, _ := atPrompt(t)
	shell.keys("postern run -- sh -c '(trap : INT; read x <gate) & exit 0'; echo rc=$?\r")
	shell.wait("waiting for it")
	shell.keys("\x03")
	shell.wait(ready)
	shell.keys("echo rc=$?\r")
	shell.wait("rc=130\r")
}

// TestRunInterruptStopsScriptTM161P18: a script, a loop and a list stop when Ctrl-C ends
// their command, as they do without postern. If the command takes Ctrl-C itself, they go
// on.
func TestRunInterruptStopsScriptTM161P18(t *testing.T) {
	t.Parallel()
	const command = " sh -c \"echo x >up; read x <gate\"; "
	for name, line := range map[string]string{
		"script of bash": "bash -c 'postern run --" + command + "echo deploy$((1+1))'",
		"script of sh":   "sh -c 'postern run --" + command + "echo deploy$((1+1))'",
		"loop in bash":   "bash -c 'for i in 1 2; do postern run --" + command + "echo deploy$((1+1)); done'",
		"loop":           "for i in 1 2; do postern run --" + command + "echo deploy$((1+1)); done",
		"list":           "postern run --" + command + "echo deploy$((1+1))",
		"not masked":     "bash -c 'postern run --mask off --" + command + "echo deploy$((1+1))'",
		"in a pipe":      "bash -c 'postern run --" + command + "echo deploy$((1+1))' | cat",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell, up, _ := atPrompt(t)
			shell.keys(line + "\r")
			hear(t, up)
			shell.keys("\x03")
			shown := shell.wait(ready)
			shell.keys("echo rc=$?/${PIPESTATUS[0]}\r")
			shown += shell.wait("rc=130/") // of the last command, or:
			if strings.Contains(shown, "deploy2") {
				t.Errorf("the script goes on: %q", shown)
			}
		})
	}
	t.Run("caught", func(t *testing.T) {
		t.Parallel()
		shell, up, gate := atPrompt(t)
		shell.keys("bash -c 'postern run -- bash -c \"trap \\\"echo caught\\\" INT; echo x >up; read x <gate; exit 0\"; echo deploy$((1+1))'\r")
		hear(t, up)
		shell.keys("\x03")
		shell.wait("caught\r")
		write(t, gate)
		shell.wait("deploy2\r")
	})
}

// TestRunSuspendsScriptTM160: the suspend key stops a script together with its command,
// and fg continues both. Before the command reports that it continues, the key may still be
// for the shell.
func TestRunSuspendsScriptTM160(t *testing.T) {
	t.Parallel()
	shell, up, gate := atPrompt(t)
	shell.keys("bash -c 'postern run -- sh -c \"trap \\\"echo x >up\\\" CONT; echo x >up; until read x; do :; done <gate\"; echo af$((1+1))ter'\r")
	hear(t, up)
	for range 2 {
		shell.keys("\x1a")
		shell.wait("Stopped")
		shell.wait(ready)
		shell.keys("fg\r")
		hear(t, up)
	}
	write(t, gate)
	shell.wait("af2ter\r")
}

// TestRunGivesBackKeysTM158P18: what was typed while a command ran, and was not read by
// it, is for the next one.
func TestRunGivesBackKeysTM158P18(t *testing.T) {
	t.Parallel()
	then := func(next string) string {
		return "bash -c 'postern run -- sh -c \"printf be%s gun; echo x >up; read x <gate\"; " + next + "; echo en$((1+1))d; read b; echo got=$b'"
	}
	for name, c := range map[string]struct{ command, typed, echo, want string }{
		"a line for the shell":    {"postern run -- sh -c 'echo x >up; read x <gate'", "echo sec$((1+1))ond\r", "sec$((1+1))ond", "sec2ond\r"},
		"two lines for the shell": {"postern run -- sh -c 'echo x >up; read x <gate'", "echo fir$((1+1))st\recho sec$((1+1))ond\r", "sec$((1+1))ond", "sec2ond\r"},
		"a part of a line":        {"postern run -- sh -c 'echo x >up; read x <gate'", "echo sec$((1+1))", "sec$((1+1))", ""},
		"the rest of the input":   {"bash -c 'postern run -- sh -c \"echo x >up; read x <gate; read a\"; read b; echo got=$b'", "one\rtwo\r", "two", "got=two\r"},
		"without echo":            {"postern run -- sh -c 'stty -echo; echo x >up; read x <gate; stty echo'", "echo sec$((1+1))ond\r", "", "sec2ond\r"},
		"an end of file":          {then("cat -A"), "abc\r\x04def\r", "def", "abc$\r\nen2d\r\ngot=def\r"},
		"two ends of a file":      {then("cat -A; cat -A"), "\x04abc\r\x04def\r", "def", "abc$\r\nen2d\r\ngot=def\r"},
		"an end within a line":    {then("cat -A"), "abc\x04\x04def\r", "def", "abcen2d\r\ngot=def\r"},
		"an end behind a line":    {then("cat -A"), "abc\rde\x04\x04def\r", "def", "abc$\r\ndeen2d\r\ngot=def\r"},
		"NUL, and a quoted end":   {then("cat -A"), "\x00\r\x00a\x16\x04\x00\r\x04def\r", "def", "^@$\r\n^@a^D^@$\r\nen2d\r\ngot=def\r"},
		"an end after a prompt": {"bash -c 'postern run -- sh -c \"echo x >up; dd bs=1 count=1 </dev/tty 2>&1 >/dev/null | grep no; read x <gate\" </dev/null; cat -A; echo en$((1+1))d; read b; echo got=$b'",
			"one\rtwo\r\x04def\r", "def", "ne$\r\ntwo$\r\nen2d\r\ngot=def\r"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shell, up, gate := atPrompt(t)
			shell.keys(c.command + "\r")
			hear(t, up)
			if strings.Contains(c.command, "printf be%s gun") {
				shell.wait("begun") // the terminal is raw
			}
			shell.keys(c.typed)
			if c.echo != "" {
				shell.wait(c.echo)
			}
			write(t, gate)
			if c.want == "" {
				shell.wait(ready)
				shell.keys("ond\r")
				c.want = "sec2ond\r"
			}
			shell.wait(c.want)
		})
	}
}

// TestRunPassesOnEndOfFileTypedAheadTM158: what was typed before run started, and an end of
// file in it, is for the command.
func TestRunPassesOnEndOfFileTypedAheadTM158(t *testing.T) {
	t.Parallel()
	shell, up, gate := atPrompt(t)
	shell.keys("bash -c 'sh -c \"echo x >up; read x <gate\"; postern run -- cat -A; echo en$((1+1))d; read b; echo got=$b'\r")
	hear(t, up)
	shell.keys("ab\x00c\r\x04def\r")
	shell.wait("def")
	write(t, gate)
	shell.wait("ab^@c$\r")
	shell.wait("en2d\r\ngot=def\r")
}

// TestRunLineEndsInBackgroundTM158: a command in the background ends its lines once, and
// so does one that was moved there.
func TestRunLineEndsInBackgroundTM158(t *testing.T) {
	t.Parallel()
	shell, up, gate := atPrompt(t)
	shell.keys("postern run -- sh -c 'echo be\"\"gun; echo x >up; read x <gate; echo mi\"\"ddle; read x <gate; echo en\"\"ded' &\r")
	shown := shell.wait("begun\r\n")
	hear(t, up)
	write(t, gate)
	shown += shell.wait("middle\r\n")
	shell.keys("fg\r")
	write(t, gate)
	shown += shell.wait("ended\r\n")
	if strings.Contains(shown, "\r\r\n") {
		t.Errorf("the terminal shows %q", shown)
	}
}

// TestRunDiesOfTheSignalTM161P18: run ends by the signal that ended its command, without
// a core file, and shells show 128 plus its number.
func TestRunDiesOfTheSignalTM161P18(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGUSR1, syscall.SIGPIPE, syscall.SIGALRM, syscall.SIGTERM} {
		cmd, _ := command(t, "run", "--allow-empty", "--", "sh", "-c", fmt.Sprintf("ulimit -c 0; kill -%d $$", s))
		_ = cmd.Run()
		status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if !ok || !status.Signaled() || status.Signal() != s || status.CoreDump() {
			t.Errorf("after %v run ends with %v", s, cmd.ProcessState)
		}
		// A command that exits with the code which shells show for it has not died.
		cmd, _ = command(t, "run", "--allow-empty", "--", "sh", "-c", fmt.Sprintf("exit %d", 128+s))
		_ = cmd.Run()
		if cmd.ProcessState.ExitCode() != 128+int(s) {
			t.Errorf("after exit %d run ends with %v", 128+s, cmd.ProcessState)
		}
	}
}

// TestRunLeadsTheSessionAndForwardsHangupTM160P18: if postern itself leads the session, as where a
// terminal multiplexer starts it, the command hears once that the terminal is gone.
func TestRunLeadsTheSessionAndForwardsHangupTM160P18(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"unmasked": {"--mask", "off"}, "masked": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			far, near := terminal(t)
			script := `trap 'echo hung up >>got' HUP; echo ready; while [ ! -s got ]; do sleep 1 & wait $!; done; exit 7`
			cmd, _ := command(t, append(append([]string{"run", "--allow-empty"}, args...), "--", "sh", "-c", script)...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = near, near, near
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }).Stop()
			shown := bufio.NewReader(far)
			for line := ""; !strings.HasPrefix(line, "ready"); {
				var err error
				if line, err = shown.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(near.Close(), far.Close()); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			got, err := os.ReadFile(filepath.Join(cmd.Dir, "got"))
			if code := cmd.ProcessState.ExitCode(); err != nil || string(got) != "hung up\n" || code != 7 {
				t.Errorf("the command has written %q, %v, and ended with %d, %v", got, err, code, cmd.ProcessState)
			}
		})
	}
}
