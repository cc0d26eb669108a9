//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestAStoreIsHiddenFromWhoMayListNothing_TM203: what a command says to a caller for whom no
// rule lists or gets a key of a provider does not depend on the state of its store: whether
// it is there, can be read, and how many keys it has.
func TestAStoreIsHiddenFromWhoMayListNothing_TM203(t *testing.T) {
	t.Parallel()
	cmd, _ := command(t)
	dir := cmd.Dir
	const config = `
providers:
  f: { module: json, grant: { files: [{ path: ./s.json, write: true }] }, config: { path: s.json } }
  g: { module: json, grant: { files: [{ path: ./g.json }] }, config: { path: g.json } }
chain: [f, g]
policy: p.lua
`
	const rules = `
allow { "reader", keys = "**", callers = "reader", ops = { "get", "keys" } }
allow { "other", keys = "other/**", callers = "other", ops = { "get", "keys" } }
chain { "other", keys = "other/**", providers = { "g" } }
chain { "rest", keys = "**", providers = { "f" } }
`
	for name, text := range map[string]string{
		"c.yaml": config, "p.lua": rules, "g.json": "{}", "in.txt": "{{ postern://k?default=x }}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	states := []struct{ name, text string }{
		{"three keys", `{"k":"11111111","b":"2222222","c":"333333333"}`}, {"no key", `{}`}, {"broken", `{"k":`}, {"absent", ""},
	}
	said := func(as string, args []string) map[string]string {
		out := map[string]string{}
		for _, state := range states {
			path := filepath.Join(dir, "s.json")
			err := os.WriteFile(path, []byte(state.text), 0o600)
			if state.text == "" {
				if err = os.Remove(path); errors.Is(err, fs.ErrNotExist) {
					err = nil
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			again, _ := command(t, append([]string{"-c", "c.yaml", "--as", as}, args...)...)
			again.Dir = dir
			var both bytes.Buffer
			again.Stdout, again.Stderr = &both, &both
			_ = again.Run()
			// What doctor says of this machine, and of the mode of a file, is not what a provider
			// answers.
			text := regexp.MustCompile(`(?m)^\S+ +(go|memory|core files|cache|files?|grants?) .*\n`).ReplaceAllString(both.String(), "")
			text = regexp.MustCompile(`\S+s +get keys`).ReplaceAllString(text, "TIME get keys") // of the other provider
			out[state.name] = again.ProcessState.String() + "\n" + text
		}
		return out
	}
	for _, line := range []string{
		"keys", "keys --names", "get k", "set k v", "delete k",
		"export -f dotenv", "export -f json --allow-empty", "export -f json --only k", "export -f json --except k", "export -f json --strict",
		"redact -i in.txt", "redact -i in.txt --only k*", "redact -i in.txt --allow-empty", "inject -i in.txt",
		"run -- true", "run --mask on --allow-empty -- true", "run --env X=k -- true",
		"explain k", "explain --op set k", "doctor", "provider test", "provider test f", "provider list", "config check",
	} {
		for _, as := range []string{"nobody", "other"} {
			if as == "other" && strings.HasPrefix(line, "provider test") && line != "provider test f" {
				continue // prints how long the other provider took
			}
			out := said(as, strings.Fields(line))
			for _, state := range states {
				if out[state.name] != out["three keys"] {
					t.Errorf("%s as %s depends on the store: with %s\n%s\nelse\n%s", line, as, state.name, out[state.name], out["three keys"])
				}
			}
			if text := out["three keys"]; strings.Contains(text, "3 keys") || strings.Contains(text, "1111") {
				t.Errorf("%s as %s: %s", line, as, text)
			}
		}
	}
	// The test would notice: a caller who may list sees the difference.
	if out := said("reader", []string{"export", "-f", "json"}); out["three keys"] == out["no key"] || out["no key"] == out["broken"] {
		t.Errorf("export as reader: %q", out)
	}
}
