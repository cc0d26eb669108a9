package main_test

import "testing"

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
