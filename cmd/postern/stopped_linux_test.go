package main_test

import "testing"

// TestStoppedCommandEnds: a command that the terminal has stopped in the background, or
// that the suspend key has, ends by one signal once it is continued.
func TestStoppedCommandEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ command, asks, signal, want string }{
		"question in the background": {"postern set K --provider mem &", "", "TERM", "75"},
		"question, then suspended":   {"postern set K --provider mem", "value of K: ", "TERM", "75"},
		"question, SIGINT":           {"postern set K --provider mem", "value of K: ", "INT", "130"},
		"question, SIGHUP":           {"postern set K --provider mem", "value of K: ", "HUP", "129"},
		"reading":                    {"postern redact &", "", "TERM", "75"},
		"reading, SIGUSR1":           {"postern redact &", "", "USR1", "138"},
		"reading variables":          {"postern run --env-file - -- true &", "", "TERM", "143"},
		"writing":                    {"stty tostop; postern get POSTERN_CANARY &", "", "TERM", "75"},
		"command that writes":        {"stty tostop; postern run -- echo hi &", "", "TERM", "143"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, env := completionFolder(t)
			shell := interactive(t, "bash", dir, env, "bind 'set enable-bracketed-paste off'\nset -b\nPS1='"+ready+"'\n")
			shell.keys(c.command + "\r")
			if c.asks != "" {
				shell.wait(c.asks)
				shell.keys("\x1a")
			}
			shell.wait("Stopped")
			shell.keys("kill -" + c.signal + " %1; kill -CONT %1; wait %1; echo rc=$?.\r")
			shell.wait("rc=" + c.want + ".")
		})
	}
}
