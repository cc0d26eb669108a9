// Package ci_test tests the scripts, with tools that are missing or faked.
package ci_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// bin returns a folder to use as PATH. It contains the fakes, given as the text of
// shell scripts by name, and links to all other programs of this PATH, except those
// in without.
func bin(t *testing.T, without []string, fakes map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range fakes {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		folder, err := filepath.Abs(folder)
		if err != nil {
			t.Fatal(err)
		}
		entries, _ := os.ReadDir(folder)
		for _, e := range entries { // as in PATH, the first of a name wins
			_ = os.Symlink(filepath.Join(folder, e.Name()), filepath.Join(dir, e.Name()))
		}
	}
	for _, name := range without {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return dir
}

// script runs a command at the top of the repository and returns its output and exit
// status.
func script(t *testing.T, env []string, args ...string) (output string, status int) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// TestSkippedIsAFailureInCI hides a tool that a check needs. The check must say so,
// and fail only with CI=true.
func TestSkippedIsAFailureInCI(t *testing.T) {
	t.Parallel()
	const notRoot = "echo 1000"
	for _, c := range []struct {
		command string
		without []string
		fakes   map[string]string
		want    string
	}{
		{".ci/race.sh", []string{"gcc", "cc", "clang"}, nil, "race: not run: no C compiler"},
		{".ci/modules.sh testdata/hostile/build.sh", nil, map[string]string{"wat2wasm": "exit 1", "asc": "exit 1", "clang-19": "exit 1"}, "hostile: text not compared"},
		{".ci/install.sh", []string{"apt-get"}, map[string]string{"dpkg-query": "exit 1", "npm": ""}, "install: missing: rustc-web "},
		{".ci/install.sh", nil, map[string]string{"dpkg-query": "exit 1", "npm": "", "id": notRoot}, "not root\ninstall: missing: rustc-web "},
		{".ci/install.sh", nil, map[string]string{"dpkg-query": "echo install ok installed", "npm": "exit 1"}, "install: missing: assemblyscript@"},
	} {
		path := "PATH=" + bin(t, c.without, c.fakes)
		for ci, want := range map[string]int{"true": 1, "": 0} {
			out, status := script(t, []string{path, "CI=" + ci}, strings.Fields(c.command)...)
			if !strings.Contains(out, c.want) || status != want {
				t.Errorf("CI=%s %s: status %d, want %d, and %q in:\n%s", ci, c.command, status, want, c.want, out)
			}
		}
	}
}

// TestInstallWaitsForTheLock fakes a package manager that another process has locked.
func TestInstallWaitsForTheLock(t *testing.T) {
	t.Parallel()
	const aptGet = `
echo x >>"$LOG"
[ $(wc -l <"$LOG") -gt $LOCKED ] || { echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt-get)"; exit 100; }
[ "$BROKEN" = no ] || { echo "E: Unable to locate package"; exit 100; }
`
	path := "PATH=" + bin(t, nil, map[string]string{
		"apt-get":    aptGet,
		"dpkg-query": `[ "$BROKEN" = no ] && [ $(wc -l <"$LOG") -gt $((LOCKED + 1)) ] && echo install ok installed`,
		"npm":        "", "id": "echo 0", "sleep": `echo "slept $1"`,
		// The clock advances by ten seconds every time it is read.
		"date": `echo x >>"$LOG.clock"; echo $((10 * $(wc -l <"$LOG.clock")))`,
	})
	for _, c := range []struct {
		name, locked, broken string
		want                 string
		sleeps, status       int
	}{
		{"free", "0", "no", "", 0, 0},
		{"locked for a while", "3", "no", "", 3, 0},
		{"locked for more than five minutes", "1000", "no", "install: the package manager is still locked\n", 29, 1},
		{"no such package", "0", "yes", "E: Unable to locate package\n", 0, 1},
	} {
		log := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(log, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		out, status := script(t, []string{path, "CI=true", "LOG=" + log, "LOCKED=" + c.locked, "BROKEN=" + c.broken}, ".ci/install.sh")
		if !strings.Contains(out, c.want) || status != c.status || strings.Count(out, "slept 5") < c.sleeps {
			t.Errorf("%s: status %d, want %d, %d sleeps and %q in:\n%s", c.name, status, c.status, c.sleeps, c.want, out)
		}
	}
}

func TestLongNamesTheAreas(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{".ci/long", "absent"}, {".ci/long"}, {".ci/long", "--try"}, {".ci/long", "bench", "fuzz"}, {".ci/long", "area"}} {
		out, status := script(t, nil, args...)
		if status == 0 || !strings.Contains(out, "no area") || !strings.Contains(out, "the areas are: bench, compile, formats, fuzz, generate, growth, hostile, kills, platforms, repetitions, tools") {
			t.Errorf("%q: status %d:\n%s", args, status, out)
		}
	}
}

// TestEveryAreaHasAScript compares .ci/areas with .ci/area.
func TestEveryAreaHasAScript(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("areas")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 0 && !strings.HasPrefix(line, "#") {
			listed[words[0]+".sh"] = true
		}
	}
	entries, err := os.ReadDir("area")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if !listed[e.Name()] || err != nil || info.Mode()&0o100 == 0 {
			t.Errorf(".ci/area/%s is not listed in .ci/areas, or not executable", e.Name())
		}
		delete(listed, e.Name())
	}
	for name := range listed {
		t.Errorf(".ci/area/%s does not exist", name)
	}
}

func TestStep(t *testing.T) {
	t.Parallel()
	table := filepath.Join(t.TempDir(), "steps")
	for _, c := range []struct {
		command, want string
		status        int
	}{{"exit 0", "== a step: ok, ", 0}, {"exit 3", "== a step: FAILED, ", 3}} {
		out, status := script(t, []string{"STEPS=" + table}, ".ci/step.sh", "a step", "sh", "-c", c.command)
		if !strings.Contains(out, c.want) || status != c.status {
			t.Errorf("%s: status %d, want %d, and %q in:\n%s", c.command, status, c.status, c.want, out)
		}
	}
	text, err := os.ReadFile(table)
	if lines := strings.Split(string(text), "\n"); err != nil || len(lines) != 3 ||
		!strings.HasSuffix(lines[0], " s  ok") || !strings.HasSuffix(lines[1], " s  FAILED") {
		t.Errorf("the table is %q, %v", text, err)
	}
}

// TestScriptsFailWithoutGit gives the checks a git that fails, as it does in a copy
// without its history or in a folder that belongs to another user. A check that
// finds no files to look at has not passed.
func TestScriptsFailWithoutGit(t *testing.T) {
	t.Parallel()
	path := "PATH=" + bin(t, nil, map[string]string{"git": "echo 'dubious ownership' >&2; exit 128", "go": "exit 0"})
	for _, command := range []string{".ci/fmt.sh", ".ci/nested.sh", ".ci/nested-tests.sh", ".ci/tidy.sh", ".ci/vet.sh"} {
		if out, status := script(t, []string{path}, command); status == 0 || !strings.Contains(out, "dubious ownership") {
			t.Errorf("%s: status %d with a git that fails:\n%s", command, status, out)
		}
	}
}
