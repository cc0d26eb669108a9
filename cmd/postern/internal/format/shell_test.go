package format_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/testdata/sample"
)

// shells returns the shells that are installed.
func shells() []string {
	var found []string
	for _, name := range []string{"sh", "bash", "dash", "ksh", "zsh", "mksh", "busybox", "fish"} {
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
	switch filepath.Base(shell) {
	case "busybox":
		args = append([]string{"sh"}, args...)
	case "fish": // a command of it gets the values
		script = strings.ReplaceAll(how, "$1", "$argv[1]") + `; exec /bin/sh -c 'for n; do eval "printf \"%s\\\\0\" \"\$$n\""; done' sh ` + strings.Join(names, " ")
		args = []string{"--no-config", "-c", script, path}
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
	for _, name := range []string{"sh", "bash", "dash", "zsh", "fish"} {
		if _, err := exec.LookPath(name); err != nil {
			if t.Logf("missing: %s", name); os.Getenv("CI") == "true" {
				t.Errorf("%s is missing, which CI installs", name)
			}
		}
	}
	var all [][]byte
	for _, value := range nasty(100) {
		all = append(all, []byte(value))
	}
	random := rand.New(rand.NewPCG(9, 9))
	for range 300 {
		value := make([]byte, 1+random.IntN(20))
		for i := range value {
			if value[i] = byte(1 + random.IntN(255)); random.IntN(2) == 0 {
				value[i] = "\\'\"\n= :"[random.IntN(7)]
			}
		}
		all = append(all, value)
	}
	var bytesOf []byte
	for b := 1; b < 256; b++ {
		bytesOf = append(bytesOf, byte(b))
	}
	checkShell(t, append(all, bytesOf)...)
}

func FuzzShell(f *testing.F) {
	for value := range sample.From(f, values()) { // TestShellsReadBack reads all of them
		f.Add([]byte(value))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		if bytes.IndexByte(value, 0) < 0 && len(value) < 1<<16 {
			checkShell(t, value)
		}
	})
}
