package format_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
)

// shells returns the shells that are installed.
func shells() []string {
	var found []string
	for _, name := range []string{"sh", "bash", "dash", "ksh", "zsh", "mksh", "busybox"} {
		if path, err := exec.LookPath(name); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// readBack makes a shell read a file of assignments, with "." or eval, and returns
// the values that it has then.
func readBack(t *testing.T, shell, locale, how, path string, names ...string) [][]byte {
	t.Helper()
	script := how
	for _, name := range names {
		script += "; printf '%s\\0' \"$" + name + "\""
	}
	args := []string{"-c", script, "sh", path}
	if filepath.Base(shell) == "busybox" {
		args = append([]string{"sh"}, args...)
	}
	cmd := exec.CommandContext(t.Context(), shell, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=" + locale, "HOME=/nowhere"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s: %v: %s", shell, err, stderr.Bytes())
	}
	return bytes.Split(bytes.TrimSuffix(out, []byte{0}), []byte{0})
}

// checkShell compares what every shell reads with the values.
func checkShell(t *testing.T, values ...[]byte) {
	t.Helper()
	var entries []format.Entry
	var names []string
	for i, value := range values {
		name := fmt.Sprintf("V_%d", i)
		names = append(names, name)
		entries = append(entries, entry(t, name, name, value))
	}
	var d format.Document
	if err := format.Shell(&d, entries); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, d.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, shell := range shells() {
		for _, locale := range []string{"C", "C.UTF-8"} {
			for _, how := range []string{`. "$1"`, `eval "$(cat "$1")"`} {
				got := readBack(t, shell, locale, how, path, names...)
				if len(got) != len(values) {
					t.Fatalf("%s (%s, %s) reads %d values of %d", shell, locale, how, len(got), len(values))
				}
				for i, value := range values {
					if !bytes.Equal(got[i], value) {
						t.Errorf("%s (%s, %s) reads %q for %q", shell, locale, how, got[i], value)
					}
				}
			}
		}
	}
}

func TestShellsReadBack(t *testing.T) {
	t.Parallel()
	if len(shells()) == 0 {
		t.Skip("no shell here")
	}
	var all [][]byte
	for _, value := range nasty(100)[:400] {
		all = append(all, []byte(value))
	}
	var bytesOf []byte
	for b := 1; b < 256; b++ {
		bytesOf = append(bytesOf, byte(b))
	}
	checkShell(t, append(all, bytesOf)...)
}

func FuzzShell(f *testing.F) {
	for _, value := range values() {
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if bytes.IndexByte(value, 0) < 0 && len(value) < 1<<16 {
			checkShell(t, value)
		}
	})
}
