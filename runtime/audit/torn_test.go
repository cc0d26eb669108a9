package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/audit"
)

var errFull = errors.New("no space left on device")

// fullWriter takes room bytes, then fails once, and then takes everything.
type fullWriter struct {
	bytes.Buffer
	room   int
	failed bool
}

func (w *fullWriter) Write(b []byte) (int, error) {
	if !w.failed && len(b) > w.room {
		w.failed = true
		n, _ := w.Buffer.Write(b[:w.room])
		return n, errFull
	}
	if !w.failed {
		w.room -= len(b)
	}
	return w.Buffer.Write(b)
}

// keysOf returns the keys of the records in a log, without lines that do not parse.
func keysOf(text string) []string {
	var keys []string
	for line := range strings.Lines(text) {
		var r struct{ Key string }
		if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &r) == nil {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

// TestRecordsAreWholeLines: wherever the disk is full, a record that was
// acknowledged is a line of its own, and one that is not whole is an error.
func TestRecordsAreWholeLines(t *testing.T) {
	t.Parallel()
	for room := 0; room < 700; room++ {
		w := &fullWriter{room: room}
		log := audit.New(w, audit.Options{Required: true})
		var acknowledged []string
		for i := range 5 {
			key := fmt.Sprintf("key-%d", i)
			if _, err := log.Intent(context.Background(), denied(key)); err == nil {
				acknowledged = append(acknowledged, key)
			} else if !errors.Is(err, errFull) {
				t.Fatal(err)
			}
		}
		_ = log.Close()
		have := keysOf(w.String())
		for _, key := range acknowledged {
			if !slices.Contains(have, key) {
				t.Fatalf("full after %d bytes: %s was acknowledged and is not a line of:\n%s", room, key, w)
			}
		}
		if w.failed && len(acknowledged) != 4 {
			t.Errorf("full after %d bytes: %d records were acknowledged, want all but one", room, len(acknowledged))
		}
		if strings.Contains(w.String(), "\n\n") || strings.HasPrefix(w.String(), "\n") {
			t.Errorf("full after %d bytes: an empty line in:\n%s", room, w)
		}
	}
}

// TestOpenAfterATornRecord: what a killed process left of a line is not glued to the
// next record, nor what another process leaves while the log is open.
func TestOpenAfterATornRecord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	tear := func() {
		t.Helper()
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(`{"kind":"intent","key":"torn`); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	tear()
	for _, key := range []string{"a", "b"} {
		log, err := audit.Open(path, audit.Options{Required: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{key + "1", key + "2"} {
			if _, err := log.Intent(context.Background(), denied(k)); err != nil {
				t.Error(err)
			}
		}
		tear()
		if _, err := log.Intent(context.Background(), denied(key+"3")); err != nil {
			t.Error(err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := keysOf(string(text)), []string{"a1", "a2", "a3", "b1", "b2", "b3"}; !slices.Equal(got, want) {
		t.Errorf("the records are %q, want %q in:\n%s", got, want, text)
	}
	if bytes.Contains(text, []byte("\n\n")) {
		t.Errorf("an empty line in:\n%s", text)
	}
}
