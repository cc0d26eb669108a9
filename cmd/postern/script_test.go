package main_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/postern-project/postern/cmd/postern/internal/cli"
	"github.com/postern-project/postern/cmd/postern/internal/signals"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postern": func() {
			environ := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasSuffix(entry, "="+unsetValue) })
			code, by := cli.Main(context.Background(), os.Args, environ, os.Stdin, os.Stdout, os.Stderr)
			signals.Die(by)
			os.Exit(code)
		},
		"leaky": leaky,
	})
}

// compiled returns a cache folder with compiled modules, which all tests of this process
// share: compiling takes longer than most of what they do. It is gone at the end of the
// last of them that runs.
func compiled(t *testing.T) string {
	t.Helper()
	caches.Lock()
	defer caches.Unlock()
	if caches.users == 0 {
		dir, err := os.MkdirTemp("", "postern-test-cache-")
		if err != nil {
			t.Fatal(err)
		}
		caches.dir = dir
	}
	caches.users++
	t.Cleanup(func() {
		caches.Lock()
		defer caches.Unlock()
		if caches.users--; caches.users == 0 {
			_ = os.RemoveAll(caches.dir)
		}
	})
	return caches.dir
}

var caches struct {
	sync.Mutex
	users int
	dir   string
}

// unsetValue marks a variable that the scripts do not pass on: they can only set
// variables.
const unsetValue = "(unset)"

// unset removes variables from the environment of postern.
func unset(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: unset NAME...")
	}
	for _, name := range args {
		ts.Setenv(name, unsetValue)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, params(t, "../../testdata/script"))
}

// params returns the rules for scripts: they run postern with exits or reveals,
// which check the exit code, and no output may contain the canary, except the
// standard output of reveals.
func params(t *testing.T, dir string) testscript.Params {
	t.Helper()
	modules, err := filepath.Abs("../../testdata/script/modules")
	if err != nil {
		t.Fatal(err)
	}
	cache := compiled(t)
	return testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"reveals": reveals,
			"holds":   holds,
			"fill":    fill,
			"mode":    mode,
			"pipe":    pipe,
			"unset":   unset,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition")
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("MODULES", modules)
			e.Setenv("POSTERN_CANARY", canary)
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, ".state"))
			e.Setenv("HOME", e.WorkDir)
			s := &scene{dir: e.WorkDir, may: map[string]bool{}}
			e.Values[sceneKey{}] = s
			if err := s.begin(); err != nil {
				return err
			}
			e.Defer(func() {
				for _, leak := range s.leaks() {
					e.T().Log(leak)
				}
				if len(s.leaks()) > 0 {
					e.T().FailNow()
				}
			})
			return nil
		},
	}
}

// scene is the folder of a script, and the files in it that may contain the canary.
type scene struct {
	dir string
	may map[string]bool
}

type sceneKey struct{}

func sceneOf(ts *testscript.TestScript) *scene { return ts.Value(sceneKey{}).(*scene) }

// begin makes the folder and its files private, independent of the umask, and
// records which files of the script contain the canary.
func (s *scene) begin() error {
	return s.walk(func(path string, d fs.DirEntry) error {
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.may[path] = leaksIn(b) != ""
		return os.Chmod(path, 0o600)
	})
}

// leaks describes the files that must not contain the canary but do.
func (s *scene) leaks() []string {
	var out []string
	err := s.walk(func(path string, d fs.DirEntry) error {
		if s.may[path] || !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if form := leaksIn(b); form != "" {
			out = append(out, "the canary was written to "+path+" in the form "+form)
		}
		return nil
	})
	if err != nil {
		out = append(out, err.Error())
	}
	return out
}

func (s *scene) walk(f func(string, fs.DirEntry) error) error {
	return filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return f(path, d)
	})
}

// exits CODE COMMAND ARGS... runs a command, and fails if it has another exit code
// or if its output contains the canary.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	run(ts, neg, args)
	if form := leaksIn([]byte(ts.ReadFile("stdout"))); form != "" {
		ts.Fatalf("standard output shows the canary in the form %s", form)
	}
}

// reveals is exits for a command whose standard output must contain the canary.
func reveals(ts *testscript.TestScript, neg bool, args []string) {
	run(ts, neg, args)
	if leaksIn([]byte(ts.ReadFile("stdout"))) == "" {
		ts.Fatalf("standard output does not show the canary: use exits")
	}
}

func run(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exitOf(exit)
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if form := leaksIn([]byte(ts.ReadFile("stderr"))); form != "" {
		ts.Fatalf("standard error shows the canary in the form %s", form)
	}
	checkHints(ts)
}

// exitOf returns the exit code as a shell shows it.
func exitOf(err *exec.ExitError) int {
	if status, ok := err.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return err.ExitCode()
}

// holds FILE... checks that files contain the canary, and allows it there.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		if found := leaksIn([]byte(ts.ReadFile(name))) != ""; found == neg {
			ts.Fatalf("%s holds the canary: %v", name, found)
		}
		sceneOf(ts).may[path] = true
	}
}

// fill FILE N writes N times the letter a; fill FILE N lines writes N lines of
// dotenv.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	ts.Check(err)
	var b []byte
	if slices.Contains(args, "lines") {
		for i := range n {
			b = append(strconv.AppendInt(append(b, 'K'), int64(i), 10), "=v\n"...)
		}
	} else {
		b = []byte(strings.Repeat("a", n))
	}
	_, err = f.Write(b)
	ts.Check(errors.Join(err, f.Close()))
}

// mode MODE FILE... changes the permissions of files.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	m, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, name := range args[1:] {
		ts.Check(os.Chmod(ts.MkAbs(name), fs.FileMode(m)))
	}
}
