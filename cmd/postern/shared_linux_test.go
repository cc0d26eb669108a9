package main_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// TestRunNamesTheTerminalOfTheCommandTM158P18: a variable whose whole value is the path of the
// terminal of run is that of the terminal of the command, since programs outside of the session,
// such as the agent of GnuPG, ask for keys where it leads.
func TestRunNamesTheTerminalOfTheCommandTM158P18(t *testing.T) {
	t.Parallel()
	shell, _, _ := atPrompt(t)
	shell.keys("export REAL=$(tty); export GPG_TTY=$REAL SSH_TTY=$REAL ANY_NAME=$REAL LONGER=$REAL:1 OWN=/dev/tty INPUT=/dev/stdin; echo \"REAL=x$REAL\" >real\r")
	shell.wait(ready)
	for _, input := range []string{"", " </dev/null"} {
		shell.keys(`postern run -- sh -c 'own=$(tty <&2); . ./real; echo "<$GPG_TTY $SSH_TTY $ANY_NAME $LONGER $OWN $INPUT>" | sed "s,$own,o""wn,g; s,${REAL#x},re""al,g"'` + input + "\r")
		shell.wait("<own own own real:1 /dev/tty /dev/stdin>")
		shell.wait(ready)
	}
	shell.keys("postern run --mask off -- sh -c '. ./real; [ \"x$GPG_TTY\" = \"$REAL\" ] && echo un\"\"changed'\r")
	shell.wait("unchanged")
}

// TestRunLeavesKeysToWhoReadsTheTerminalTM158P18: keys that another program asks for at the
// terminal of run, without showing them, are for that program.
func TestRunLeavesKeysToWhoReadsTheTerminalTM158P18(t *testing.T) {
	t.Parallel()
	shell, up, gate := atPrompt(t)
	shell.keys("postern run -- sh -c 'printf be\"\"gun; echo x >up; read x <gate; read y; echo \"<$y>\"'\r")
	hear(t, up)
	shell.wait("begun")
	agent, restore := shell.agent()
	_ = agent.SetReadDeadline(time.Now().Add(patience))
	for i := range 200 {
		key, got := fmt.Sprintf("k%d", i), ""
		shell.keys(key)
		for got != key {
			b := make([]byte, len(key)-len(got))
			n, err := agent.Read(b)
			if got += string(b[:n]); err != nil {
				t.Fatalf("%v: the agent got %q, want %q", err, got, key)
			}
		}
	}
	restore()
	shell.keys("for the command\r")
	write(t, gate)
	shell.wait("<for the command>")
}

// TestRunTypesNothingWhileAnotherAsksTM158P18: what was typed early for a program that asks for
// hidden keys at the terminal of run is not typed at the shell, which would show it.
func TestRunTypesNothingWhileAnotherAsksTM158P18(t *testing.T) {
	t.Parallel()
	shell, up, gate := atPrompt(t)
	shell.keys("postern run -- sh -c 'printf \"be\"\"gun\"; echo x >up; read x <gate'\r")
	hear(t, up)
	shell.wait("begun")
	shell.keys("early")
	shell.wait("early") // run has read it
	shell.agent()
	write(t, gate)
	shown := shell.wait(ready)
	shell.keys("\x15echo en$((1+1))d\r")
	if shown += shell.wait("en2d\r"); strings.Contains(shown, "early") {
		t.Errorf("the shell shows %q", shown)
	}
}

// agent opens the terminal as a program of another session does, and asks for hidden keys,
// one by one, until restore is called.
func (s *typing) agent() (f *os.File, restore func()) {
	s.t.Helper()
	var n int32
	if err := ioctl(s.far, syscall.TIOCGPTN, unsafe.Pointer(&n)); err != nil {
		s.t.Fatal(err)
	}
	f, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = f.Close() })
	var before syscall.Termios
	set := func(state syscall.Termios) {
		if err := ioctl(f, syscall.TCSETS, unsafe.Pointer(&state)); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := ioctl(f, syscall.TCGETS, unsafe.Pointer(&before)); err != nil {
		s.t.Fatal(err)
	}
	hidden := before
	hidden.Lflag = hidden.Lflag&^(syscall.ECHO|syscall.ICANON) | syscall.ISIG
	set(hidden)
	return f, func() { set(before) }
}
