//go:build unix

package audit_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/audit"
)

// TestRecordsAreWholeLinesInAFullFile is TestRecordsAreWholeLines with a limit of the
// system on the size of files. It applies to the whole process, so the test runs in
// a second one.
func TestRecordsAreWholeLinesInAFullFile(t *testing.T) {
	if os.Getenv("AUDIT_FULL_FILE") == "" {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestRecordsAreWholeLinesInAFullFile$")
		cmd.Env = append(os.Environ(), "AUDIT_FULL_FILE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	dir := t.TempDir()
	limit := func(n uint64) {
		t.Helper()
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: 1 << 30}); err != nil {
			t.Skip(err)
		}
	}
	for room := uint64(1); room < 500; room += 3 {
		path := filepath.Join(dir, "log")
		log, err := audit.Open(path, audit.Options{Required: true})
		if err != nil {
			t.Fatal(err)
		}
		var acknowledged []string
		record := func(key string) {
			if _, err := log.Intent(context.Background(), denied(key)); err == nil {
				acknowledged = append(acknowledged, key)
			}
		}
		limit(room)
		record("a")
		record("b")
		record("c")
		limit(1 << 20)
		record("d")
		if err := log.Close(); len(acknowledged) == 4 && err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		have := keysOf(string(text))
		for _, key := range acknowledged {
			if !slices.Contains(have, key) {
				t.Fatalf("full after %d bytes: %s was acknowledged and is not a line of:\n%s", room, key, text)
			}
		}
		for line := range strings.Lines(string(text)) {
			if strings.TrimSpace(line) != "" && !json.Valid([]byte(line)) {
				t.Errorf("full after %d bytes: a line is neither a record nor blank: %q", room, line)
			}
		}
		if !slices.Contains(acknowledged, "d") {
			t.Errorf("full after %d bytes: with room again, the record was refused", room)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
