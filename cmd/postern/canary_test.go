package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// canary is the secret value of all scripts. It is in the variable POSTERN_CANARY,
// and scripts may contain it in their files.
const canary = "c4n4ry~V4lue~5ecret~7f3e9a1b"

// leaksIn returns the name of the form in which b contains the canary, or "".
func leaksIn(b []byte) string {
	if bytes.Contains(b, []byte(canary)) {
		return "raw"
	}
	low := bytes.ToLower(b)
	if bytes.Contains(low, []byte(hex.EncodeToString([]byte(canary)))) {
		return "hex"
	}
	for shift := range 3 { // the places that it can have in a group of three bytes
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("-", shift) + canary + "--"))
		core := text[4 : len(text)-8]
		for _, form := range []string{core, strings.NewReplacer("+", "-", "/", "_").Replace(core)} {
			if bytes.Contains(b, []byte(form)) {
				return "base64"
			}
		}
	}
	return ""
}

func TestLeaksIn(t *testing.T) {
	t.Parallel()
	forms := map[string]string{
		"raw":    "x" + canary + "y",
		"hex":    hex.EncodeToString([]byte("x" + canary)),
		"base64": base64.StdEncoding.EncodeToString([]byte(canary)),
	}
	for form, text := range forms {
		if got := leaksIn([]byte(text)); got != form {
			t.Errorf("leaksIn(%s) = %q", form, got)
		}
	}
	for _, text := range []string{strings.ToUpper(forms["hex"]), base64.RawURLEncoding.EncodeToString([]byte("a" + canary + "b")),
		base64.StdEncoding.EncodeToString([]byte("ab" + canary))} {
		if leaksIn([]byte(text)) == "" {
			t.Errorf("leaksIn(%q) finds nothing", text)
		}
	}
	if form := leaksIn([]byte(canary[1:])); form != "" {
		t.Errorf("a part of the canary counts as %s", form)
	}
}

// leaky is a program that writes the canary to the place that its argument names.
func leaky() {
	encoded := base64.StdEncoding.EncodeToString([]byte("x" + os.Getenv("POSTERN_CANARY")))
	switch os.Args[1] {
	case "stdout":
		fmt.Println(encoded)
	case "stderr":
		fmt.Fprintln(os.Stderr, encoded)
	case "file":
		if err := os.WriteFile(os.Args[2], []byte(encoded), 0o600); err != nil {
			panic(err)
		}
	}
}

// TestHarnessFails runs scripts that must fail, each because of one rule.
func TestHarnessFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script, want string
	}{
		{"good", "exits 0 leaky nothing\n", ""},
		{"declared", "exits 0 leaky file out\nholds out\n", ""},
		{"revealed", "reveals 0 leaky stdout\n", ""},
		{"stdout", "exits 0 leaky stdout\n", "standard output shows the canary in the form base64"},
		{"stderr", "exits 0 leaky stderr\n", "standard error shows the canary in the form base64"},
		{"stderr of reveals", "reveals 0 leaky stderr\n", "standard error shows the canary in the form base64"},
		{"file", "exits 0 leaky file out\n", "the canary was written to"},
		{"nothing to reveal", "reveals 0 leaky nothing\n", "standard output does not show the canary"},
		{"exit code", "exits 66 leaky nothing\n", "exit code 0, want 66"},
		{"no file holds it", "exits 0 leaky nothing\nholds in\n-- in --\nx\n", "holds the canary: false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "x.txtar"), []byte(tt.script), 0o600); err != nil {
				t.Fatal(err)
			}
			rec := &recorder{}
			func() {
				defer func() {
					if v := recover(); v != nil && v != errStop {
						panic(v)
					}
				}()
				testscript.RunT(rec, params(t, dir))
			}()
			if rec.failed != (tt.want != "") || !strings.Contains(rec.log.String(), tt.want) {
				t.Errorf("failed = %v, want %q in:\n%s", rec.failed, tt.want, rec.log.String())
			}
		})
	}
}

// recorder records that a test failed, instead of failing.
type recorder struct {
	failed bool
	log    strings.Builder
}

var errStop = fmt.Errorf("stopped")

func (r *recorder) Skip(args ...any)                     { panic(errStop) }
func (r *recorder) Fatal(args ...any)                    { r.Log(args...); r.FailNow() }
func (r *recorder) Parallel()                            {}
func (r *recorder) Log(args ...any)                      { fmt.Fprintln(&r.log, args...) }
func (r *recorder) FailNow()                             { r.failed = true; panic(errStop) }
func (r *recorder) Run(_ string, f func(t testscript.T)) { f(r) }
func (r *recorder) Verbose() bool                        { return false }

// TestScriptsKeepTheRules checks the scripts themselves: they run postern only with
// exits or reveals, and their names begin with a command.
func TestScriptsKeepTheRules(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("../../testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	commands := map[string]bool{"run": true, "inject": true, "export": true, "redact": true, "get": true, "set": true, "delete": true, "keys": true, "provider": true, "module": true, "config": true, "policy": true, "explain": true,
		"trust": true, "doctor": true, "completion": true, "version": true, "help": true, "postern": true}
	for _, path := range scripts {
		command, _, ok := strings.Cut(filepath.Base(path), "_")
		if !ok || !commands[command] {
			t.Errorf("%s is not named COMMAND_CASE.txtar", path)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			line = strings.TrimLeft(line, "! ")
			if strings.HasPrefix(line, "-- ") {
				break
			}
			if strings.HasPrefix(line, "exec postern") || strings.HasPrefix(line, "exec sh") {
				t.Errorf("%s:%d: run it by exits or reveals", path, i+1)
			}
		}
	}
}
