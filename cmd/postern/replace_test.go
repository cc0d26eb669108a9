//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestP20KilledWhileWriting: a killed command leaves no output file and no value,
// except in a hidden temporary file, which the next command removes.
func TestP20KilledWhileWriting(t *testing.T) {
	t.Parallel()
	cmd, _ := command(t, "redact", "--out", "out.log")
	dir := cmd.Dir
	writeStore(t, dir, map[string]string{"k": canary})
	stdin, _ := pipes(t, cmd)
	// More than a pipe and a read hold: once it is written, the file has begun.
	if _, err := stdin.Write(bytes.Repeat([]byte("a line with "+canary+" in it\n"), 20_000)); err != nil {
		t.Fatal(err)
	}
	if left := leftOvers(t, dir); len(left) != 1 {
		t.Fatalf("while writing there are %q", left)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for _, path := range leftOvers(t, dir) {
		checkPrivate(t, path)
	}
	if found := filesWith(t, dir, canary); len(found) > 0 {
		t.Errorf("the value is in %q", found)
	}
	if _, err := os.Stat(filepath.Join(dir, "out.log")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("out.log is there: %v", err)
	}
	again := exec.CommandContext(t.Context(), "postern", "redact", "--out", "out.log")
	again.Dir, again.Env, again.Stdin = dir, cmd.Env, strings.NewReader("x")
	if out, err := again.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if left := leftOvers(t, dir); len(left) != 0 {
		t.Errorf("the next command left %q", left)
	}
}

// TestP20InjectKilled: a killed inject does not change the old file. Its temporary
// file, which contains values, is hidden and private until the next command removes it.
func TestP20InjectKilled(t *testing.T) {
	t.Parallel()
	for range 20 { // until one is killed in time
		cmd, stderr := command(t, "inject", "--in", "in.txt", "--out", "out.txt")
		dir := cmd.Dir
		writeStore(t, dir, map[string]string{"k": canary})
		for name, text := range map[string]string{"in.txt": "{{ postern://k }}" + strings.Repeat("a line\n", 4<<20), "out.txt": "old"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		for ended := false; !ended; {
			if len(leftOvers(t, dir)) > 0 {
				_ = cmd.Process.Kill()
				<-done
				break
			}
			select {
			case err := <-done:
				t.Logf("inject ended before it was seen: %v, %s", err, stderr)
				ended = true
			default:
			}
		}
		left := leftOvers(t, dir)
		if len(left) == 0 {
			continue
		}
		checkPrivate(t, left[0])
		if b, err := os.ReadFile(filepath.Join(dir, "out.txt")); err != nil || string(b) != "old" {
			t.Errorf("out.txt is %d bytes, %v", len(b), err)
		}
		again := exec.CommandContext(t.Context(), "postern", "inject", "--out", "out.txt")
		again.Dir, again.Env, again.Stdin = dir, cmd.Env, strings.NewReader("nothing to fill")
		if out, err := again.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if found := filesWith(t, dir, canary); len(found) > 0 {
			t.Errorf("the value is still in %q", found)
		}
		return
	}
	t.Error("no inject could be killed while it wrote")
}

// checkPrivate checks that only the owner can read a file.
func checkPrivate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
	} else if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has the mode %v", path, info.Mode())
	}
}

// filesWith returns the files below dir that contain the value in any form,
// including caches and temporary files, but not the store.
func filesWith(t *testing.T, dir, value string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || d.Name() == "s.json" {
			return err
		}
		b, err := os.ReadFile(path)
		if len(hits(b, value)) > 0 {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

// TestP20TwoWriters: a command does not remove the temporary file of a running one.
func TestP20TwoWriters(t *testing.T) {
	t.Parallel()
	cmd, stderr := command(t, "redact", "--out", "out.log")
	dir := cmd.Dir
	writeStore(t, dir, map[string]string{"k": canary})
	stdin, _ := pipes(t, cmd)
	if _, err := stdin.Write(bytes.Repeat([]byte("first writer\n"), 20_000)); err != nil {
		t.Fatal(err)
	}
	other := exec.CommandContext(t.Context(), "postern", "redact", "--out", "out.log")
	other.Dir, other.Env, other.Stdin = dir, cmd.Env, strings.NewReader("second writer\n")
	if out, err := other.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "out.log")); err != nil || string(b) != "second writer\n" {
		t.Errorf("out.log is %q, %v", b, err)
	}
	_ = stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "out.log")); err != nil || len(b) != 13*20_000 {
		t.Errorf("out.log has %d bytes, %v", len(b), err)
	}
}

func leftOvers(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, ".*.postern-*"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
