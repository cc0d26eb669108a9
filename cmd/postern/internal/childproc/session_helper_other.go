//go:build !linux

package childproc

// Help does nothing: no helper is started on this system.
func Help([]string) int { return ExitFailed }
