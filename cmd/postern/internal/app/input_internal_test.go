package app

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/runtime/secret"
)

// TestInputThatChangesIsKept: a file that is written to, or replaced, while its result is
// made is not replaced by the result.
func TestInputThatChangesIsKept(t *testing.T) {
	t.Parallel()
	const text = "some line of a log\n"
	write := func(path, s string, flag int) error {
		f, err := os.OpenFile(path, os.O_WRONLY|flag, 0o600)
		if err != nil {
			return err
		}
		_, err = f.WriteString(s)
		return errors.Join(err, f.Close())
	}
	for name, change := range map[string]func(path string) error{
		"nothing": nil,
		"read":    func(path string) error { _, err := os.ReadFile(path); return err },
		"append":  func(path string) error { return write(path, "more\n", os.O_APPEND) },
		"shorten": func(path string) error { return os.Truncate(path, 3) },
		"write again, with the size and time of before": func(path string) error {
			info, err := os.Stat(path)
			time.Sleep(20 * time.Millisecond) // the clock of a file system has ticks
			return errors.Join(err, write(path, strings.ToUpper(text), 0), os.Chtimes(path, info.ModTime(), info.ModTime()))
		},
		"replace": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte(text), 0o600), os.Rename(path+".new", path))
		},
		"move": func(path string) error { return os.Rename(path, path+".1") },
		"rotate": func(path string) error {
			return errors.Join(os.Rename(path, path+".1"), os.WriteFile(path, nil, 0o600))
		},
	} {
		path := filepath.Join(t.TempDir(), "app.log")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a := &App{Stdin: strings.NewReader(""), Stderr: io.Discard}
		in, err := a.OpenInput(&cli.Command{Name: "redact", Flags: []cli.Flag{&cli.BoolFlag{Name: "in-place"}}}, path, "")
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.ReplaceFile(path, "", KeepAll)
		if err != nil {
			t.Fatal(err)
		}
		r.KeepInput(in)
		if _, err := io.Copy(r, in); err != nil {
			t.Fatal(err)
		}
		want := []byte(text)
		if change != nil {
			if err := change(path); err != nil {
				t.Logf("%s: not here: %v", name, err)
				in.Close()
				r.Abandon()
				continue
			}
			want, _ = os.ReadFile(path)
		}
		err = r.Commit()
		r.Abandon()
		in.Close()
		if accepted := change == nil || name == "read"; accepted != (err == nil) || !accepted && !errors.Is(err, secret.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, want) {
			t.Errorf("%s: the file has %q, want %q", name, got, want)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".app.log*")); len(left) > 0 {
			t.Errorf("%s: left: %q", name, left)
		}
	}
}
