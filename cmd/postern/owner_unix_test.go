//go:build unix

package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReplaceRefusesToTakeFilesAway: a user who may write the folder, but not give the
// new file to the owner of the old one, is refused, and the old file stays.
func TestReplaceRefusesToTakeFilesAway(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can make a file of another user")
	}
	cmd, stderr := command(t, "inject", "--out", "out.txt")
	writeStore(t, cmd.Dir, map[string]string{"k": canary})
	out := filepath.Join(cmd.Dir, "out.txt")
	if err := os.WriteFile(out, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{cmd.Dir, filepath.Join(cmd.Dir, "c.yaml"), filepath.Join(cmd.Dir, "s.json")} {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	for dir := filepath.Dir(cmd.Dir); dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Path = filepath.Join(cmd.Dir, "postern") // the test's own copy lies where only root may go
	if b, err := os.ReadFile(program(t)); err != nil || os.WriteFile(cmd.Path, b, 0o755) != nil {
		t.Fatalf("copy the program: %v", err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Stdin = strings.NewReader("{{ postern://k }}")
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 74 {
		t.Errorf("%v: %s", err, stderr)
	}
	if !strings.Contains(stderr.String(), `cannot write "out.txt": its owner cannot be kept: `) {
		t.Errorf("standard error is %q", stderr)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "old" {
		t.Errorf("out.txt is %q, %v", b, err)
	}
	if left := leftOvers(t, cmd.Dir); len(left) > 0 {
		t.Errorf("it left %q", left)
	}
}

// TestResultsGoToNobodyElse_TM197: a result does not go to a user who may have made the file to
// get it. Where only its owner can have, it is said whose file it is.
func TestResultsGoToNobodyElse_TM197(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const nobody = 65534
	for _, c := range []struct {
		name  string
		mode  os.FileMode // of the folder
		owner int         // of the folder
		file  int         // the owner of the old file
		exit  int
		want  string
	}{
		{"everybody's folder", os.ModeSticky | 0o777, 0, nobody, 73, "others may have put it there"},
		{"a folder that everybody may write", 0o777, nobody, nobody, 73, "others may have put it there"},
		{"a group's folder", 0o775, 0, nobody, 73, "others may have put it there"},
		{"a third user's folder", 0o755, 1234, nobody, 73, "others may have put it there"},
		{"the owner's folder in everybody's folder", 0o755, nobody, nobody, 73, "others may have put it there"},
		{"the owner's folder", 0o755, nobody, nobody, 0, "keeps its owner, "},
		{"root's folder", 0o755, 0, nobody, 0, "keeps its owner, "},
		{"an own file in everybody's folder", os.ModeSticky | 0o777, 0, 0, 0, ""},
	} {
		for _, args := range [][]string{{"export", "-f", "dotenv", "-o", "out/x"}, {"inject", "-o", "out/x"}, {"redact", "-o", "out/x"}, {"export", "-f", "github"}, {"set", "k", "-"}} {
			cmd, stderr := command(t, args...)
			cmd.Env = append(cmd.Env, "GITHUB_ENV=out/x")
			writeStore(t, cmd.Dir, map[string]string{"k": canary})
			want, exit := c.want, c.exit
			switch {
			case args[0] == "set":
				config := "providers: { f: { module: dotenv, grant: { files: [{ path: ./out/x, write: true }] }, config: { path: out/x } } }\n"
				if err := os.WriteFile(filepath.Join(cmd.Dir, "c.yaml"), []byte(config), 0o600); err != nil {
					t.Fatal(err)
				}
				if exit != 0 {
					exit = 77
				}
			case args[2] == "github" && exit == 0:
				want = "" // nobody asks for another owner of this file
			}
			out := filepath.Join(cmd.Dir, "out", "x")
			if strings.HasSuffix(c.name, "in everybody's folder") && c.mode&os.ModeSticky == 0 {
				shared := filepath.Join(cmd.Dir, "shared")
				if err := errors.Join(os.Mkdir(shared, 0o700), os.Chmod(shared, os.ModeSticky|0o777), os.Symlink(filepath.Join(shared, "out"), filepath.Join(cmd.Dir, "out"))); err != nil {
					t.Fatal(err)
				}
				out = filepath.Join(shared, "out", "x")
			}
			if err := errors.Join(os.Mkdir(filepath.Dir(out), 0o700), os.WriteFile(out, []byte("OLD=1\n"), 0o600), os.Chown(out, c.file, c.file),
				os.Chown(filepath.Dir(out), c.owner, c.owner), os.Chmod(filepath.Dir(out), c.mode)); err != nil {
				t.Fatal(err)
			}
			for dir := cmd.Dir; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
				if err := os.Chmod(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd.Stdin = strings.NewReader("{{ postern://k }}")
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != exit || !strings.Contains(stderr.String(), want) || want == "" && stderr.Len() > 0 {
				t.Errorf("%s, %s: exit code %d, want %d: %s", c.name, args, code, exit, stderr)
			}
			b, err := os.ReadFile(out)
			if err != nil || (string(b) == "OLD=1\n") != (c.exit != 0) {
				t.Errorf("%s, %s: the file is %q, %v", c.name, args[0], b, err)
			}
			if info, err := os.Stat(out); err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != c.file {
				t.Errorf("%s, %s: the owner is not kept: %v", c.name, args[0], err)
			}
		}
	}
}

// program returns the path of postern.
func program(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("postern")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestResultsGoToNoGroupThatNobodyChose_TM197: the group of an old file keeps its rights to a
// result only where nobody else can have put that file there, also if the user owns it.
func TestResultsGoToNoGroupThatNobodyChose_TM197(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can set up folders of others")
	}
	const other, group = 65534, 54321
	for _, c := range []struct {
		name       string
		mode       os.FileMode // of the folder
		owner, gid int         // of the folder
		kept       bool
	}{
		{"another user's folder", 0o755, other, 0, false},
		{"everybody's folder", os.ModeSticky | 0o777, 0, 0, false},
		{"another group's folder", 0o775, 0, group + 1, false},
		{"the group's folder", 0o775, 0, group, true},
		{"the group's folder, set-group-ID", os.ModeSetgid | 0o775, 0, group, true},
		{"the group's sticky folder for everybody", os.ModeSticky | 0o777, 0, group, false},
		{"an own folder", 0o755, 0, 0, true},
	} {
		for _, args := range [][]string{{"export", "-f", "dotenv", "-o", "out/x"}, {"inject", "-o", "out/x"}, {"set", "k", "-"}, {"export", "-f", "dotenv", "-o", "out/x", "--mode", "0640"}, {"export", "-f", "dotenv", "-o", "out/x", "--mode", "0600"}} {
			cmd, stderr := command(t, args...)
			writeStore(t, cmd.Dir, map[string]string{"k": canary})
			if args[0] == "set" {
				config := "providers: { f: { module: dotenv, grant: { files: [{ path: ./out/x, write: true }] }, config: { path: out/x } } }\n"
				if err := os.WriteFile(filepath.Join(cmd.Dir, "c.yaml"), []byte(config), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out := filepath.Join(cmd.Dir, "out", "x")
			if err := errors.Join(os.Mkdir(filepath.Dir(out), 0o700), os.WriteFile(out, []byte("OLD=1\n"), 0o600), os.Chown(out, 0, group), os.Chmod(out, 0o664),
				os.Chown(filepath.Dir(out), c.owner, c.gid), os.Chmod(filepath.Dir(out), c.mode)); err != nil {
				t.Fatal(err)
			}
			for dir := cmd.Dir; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
				if err := os.Chmod(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd.Stdin = strings.NewReader("{{ postern://k }}")
			_ = cmd.Run()
			exit, asked := 0, args[len(args)-1]
			if asked == "0640" && !c.kept {
				exit = 73
			}
			if code := cmd.ProcessState.ExitCode(); code != exit {
				t.Errorf("%s, %s: exit code %d, want %d: %s", c.name, args, code, exit, stderr)
			}
			if said := strings.Contains(stderr.String(), "others may have put "); said == c.kept && asked != "0600" {
				t.Errorf("%s, %s: standard error is %q", c.name, args, stderr)
			}
			info, err := os.Stat(out)
			if err != nil {
				t.Fatal(err)
			}
			if readable := info.Mode().Perm()&0o070 != 0; exit == 0 && asked != "0600" && readable != c.kept {
				t.Errorf("%s, %s: the new file has mode %v", c.name, args, info.Mode())
			}
			if args[0] == "set" && !c.kept && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s, %s: the new file has mode %v", c.name, args, info.Mode())
			}
		}
	}
}
