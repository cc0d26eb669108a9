package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// TestHints: there is a row for every code, and a hint for every error.
func TestHints(t *testing.T) {
	t.Parallel()
	for code := range hintTable {
		if !slices.Contains(secret.Codes(), code) {
			t.Errorf("there is no code %q", code)
		}
	}
	for _, code := range secret.Codes() {
		if h := hintTable[code]; h.first == nil || h.other == nil {
			t.Errorf("the code %s has no row of its own in hintTable", code)
			continue
		}
		for _, e := range []*secret.Error{
			{Code: code}, {Code: code, Key: "db/password", Provider: "app"}, {Code: code, Key: "a b; rm -rf /"},
		} {
			hint := hintOf(e)
			if !strings.HasPrefix(hint, "postern ") || strings.Contains(hint, ";") {
				t.Errorf("hint of %v = %q", e, hint)
			}
		}
	}
}

// No hint is the command that printed it, whatever the code of its error and the
// command.
func TestHintsAreNotCircular(t *testing.T) {
	t.Parallel()
	for _, command := range []string{
		"get k", "set k", "set k -", "delete k", "keys", "keys db/", "run -- true", "inject", "export", "redact", "explain k", "provider list", "provider test",
		"provider test p", "provider test p q", "module list", "module inspect p", "module lock", "module verify", "config show", "config check", "policy check",
		"policy test", "policy explain", "policy diff", "trust", "doctor", "version", "help", "help get", "help config", "help exit-codes",
	} {
		for _, code := range secret.Codes() {
			for _, op := range []secret.Op{"", secret.OpGet, secret.OpSet, secret.OpDelete, secret.OpKeys, secret.OpOpen} {
				for _, e := range []*secret.Error{{Code: code, Op: op}, {Code: code, Op: op, Key: "k"}, {Code: code, Op: op, Key: "k", Provider: "p"}, {Code: code, Op: op, Provider: "p"}} {
					for _, longTimeoutGiven := range []bool{false, true} {
						a := &App{parsed: true, command: strings.Fields(command), longTimeoutGiven: longTimeoutGiven, globals: []string{"-c", "f.yaml"}}
						_, _, hint := a.Classify(e)
						words, timed := strings.CutPrefix(strings.TrimPrefix(hint, "postern "), "--timeout 2m ")
						same := words == command || strings.HasPrefix(command, "provider test") && strings.HasPrefix(words, "provider test")
						if hint == "" || same && (!timed || longTimeoutGiven) {
							t.Errorf("%s: %v: the hint is %q", command, e, hint)
						}
					}
				}
			}
		}
	}
	a := &App{parsed: true, command: []string{"policy", "check", "p.lua"}}
	if _, _, hint := a.Classify(loadError(secret.ErrClosed, "p.lua")); hint == "postern policy check p.lua" || hint == "" {
		t.Errorf("policy check p.lua: the hint is %q", hint)
	}
}

// A hint to trust a configuration repeats which one, and not who asks.
func TestHintToTrustNamesTheConfigurationAlone(t *testing.T) {
	t.Parallel()
	for want, globals := range map[string][]string{
		"postern trust":           {"--role", "r", "--label", "team="},
		"postern -c f.yaml trust": {"-c", "f.yaml", "--label", "team="},
	} {
		if got := (&App{globals: globals}).WithGlobals("postern trust"); got != want {
			t.Errorf("%q: got %q, want %q", globals, got, want)
		}
	}
}
