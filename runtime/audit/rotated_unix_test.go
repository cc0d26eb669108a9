//go:build unix

package audit_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/postern-project/postern/runtime/audit"
)

// Records go to the file that the path leads to, and to no file that nobody finds.
func TestRecordsFollowThePathOfTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, rotated := filepath.Join(dir, "log"), filepath.Join(dir, "log.1")
	l, err := audit.Open(path, audit.Options{Required: true})
	if err != nil {
		t.Fatal(err)
	}
	lines := func(path string) int {
		b, err := os.ReadFile(path)
		if err != nil {
			return -1
		}
		return strings.Count(string(b), "\n")
	}
	record := func() error {
		_, err := l.Intent(t.Context(), denied("k"))
		return err
	}
	if err := record(); err != nil || lines(path) != 1 {
		t.Fatalf("the first record: %v, %d lines", err, lines(path))
	}
	if err := os.Rename(path, rotated); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || lines(path) != 1 || lines(rotated) != 1 {
		t.Errorf("after a rename: %v, %d and %d lines; want 1 and 1", err, lines(path), lines(rotated))
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || lines(path) != 1 {
		t.Errorf("after a removal: %v, %d lines; want 1", err, lines(path))
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := record(); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("without its folder: %v; want an error without the path", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := record(); err != nil || lines(path) != 1 {
		t.Errorf("with the folder again: %v, %d lines; want 1", err, lines(path))
	}
	_ = l.Close()
}

// A log whose path cannot be followed any more, as after a process gave up its rights,
// continues in the file that is open.
func TestRecordsGoOnWhenThePathCannotBeFollowed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dir")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := audit.Open(filepath.Join(dir, "log"), audit.Options{Required: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".real"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dir", dir); err != nil { // a link to itself: any error but "no such file"
		t.Fatal(err)
	}
	if _, err := l.Intent(t.Context(), denied("k")); err != nil {
		t.Errorf("a record: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir+".real", "log")); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("the open file has %q, %v; want the record", b, err)
	}
}

// TestNoRecordsForAStrangersFile_TM204: as root, records are not given to a user who may have
// made the file first, when the log is opened or after a rotation: that user could change
// and remove them. A file that only its owner can have put there is used.
func TestNoRecordsForAStrangersFile_TM204(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const nobody = 65534
	for _, c := range []struct {
		name    string
		mode    os.FileMode // of the folder
		owner   int         // of the folder
		file    int         // the owner of the file
		refused bool
	}{
		{"everybody's folder", os.ModeSticky | 0o777, 0, nobody, true},
		{"a third user's folder", 0o755, 1234, nobody, true},
		{"the owner's folder", 0o755, nobody, nobody, false},
		{"root's folder", 0o755, 0, nobody, false},
		{"an own file in everybody's folder", os.ModeSticky | 0o777, 0, 0, false},
	} {
		dir := filepath.Join(t.TempDir(), "logs")
		path := filepath.Join(dir, "log")
		stranger := func() error {
			return errors.Join(os.WriteFile(path, nil, 0o666), os.Chmod(path, 0o666), os.Chown(path, c.file, c.file))
		}
		if err := errors.Join(os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755), os.Chmod(filepath.Dir(dir), 0o755), os.Mkdir(dir, 0o700), os.Chown(dir, c.owner, c.owner), os.Chmod(dir, c.mode)); err != nil {
			t.Fatal(err)
		}
		l, err := audit.Open(path, audit.Options{Required: true})
		if err != nil {
			t.Fatalf("%s: a new file: %v", c.name, err)
		}
		if err := errors.Join(os.Remove(path), stranger()); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Intent(t.Context(), denied("k")); (err != nil) != c.refused {
			t.Errorf("%s: a record after a rotation: %v", c.name, err)
		}
		_ = l.Close()
		again, err := audit.Open(path, audit.Options{Required: true})
		if (err != nil) != c.refused || c.refused && !strings.Contains(err.Error(), "others may have put it there") {
			t.Errorf("%s: Open: %v", c.name, err)
		}
		if again != nil && err == nil {
			_ = again.Close()
		}
		if b, err := os.ReadFile(path); err != nil || (len(b) == 0) != c.refused {
			t.Errorf("%s: the file holds %d bytes, %v", c.name, len(b), err)
		}
	}
}

// TestNoRecordsForAStrangerOfAUser_TM204: the same holds for every user. The test runs
// itself as one.
func TestNoRecordsForAStrangerOfAUser_TM204(t *testing.T) {
	t.Parallel()
	const variable, me, other = "POSTERN_TEST_LOG", 65534, 1234
	if path := os.Getenv(variable); path != "" {
		l, err := audit.Open(path, audit.Options{Required: true})
		if err == nil {
			_ = l.Close()
			t.Fatal("the log was opened")
		}
		if !strings.Contains(err.Error(), "others may have put it there") {
			t.Fatal(err)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := t.TempDir()
	path, program := filepath.Join(dir, "log"), filepath.Join(dir, "self")
	self, err := os.ReadFile(os.Args[0])
	if err := errors.Join(err, os.WriteFile(program, self, 0o755), os.WriteFile(path, nil, 0o666), os.Chmod(path, 0o666),
		os.Chown(path, other, other), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, os.ModeSticky|0o777)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-test.run=^TestNoRecordsForAStrangerOfAUser_TM204$", "-test.count=1")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), variable+"="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: me, Gid: me}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
