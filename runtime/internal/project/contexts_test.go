package project_test

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What a request that a provider, or other code of the embedder, begins with the context
// of another request finds of it.
const (
	inherited = "found"  // by the inner request
	replaced  = "own"    // the inner request has one of its own in its place
	hidden    = "hidden" // by the context that each request begins with
)

// contextKeys are all keys under which the runtime keeps something in a context.
var contextKeys = map[string]string{
	"runtime.writing":       inherited, // a write does not wait for the one that it is nested in
	"wasmhost.logsKey":      replaced,  // lines and notes, masked and written when their request ends
	"wasmhost.budgetKey":    hidden,    // fuel and deadline of a call of a guest
	"capability.callKey":    hidden,    // a call of a guest
	"capability.askedKey":   hidden,    // what the embedder answered for a call
	"capability.decidedKey": hidden,    // what a write was decided on
}

var (
	contextKey = regexp.MustCompile(`(?:\.Value\(|WithValue\(\w+, |key == \(?)(\w+)\{|(?s:Value\(key any\) any \{\s*switch key\.\(type\) \{\s*case) (\w+):`)
	hides      = regexp.MustCompile(`(?s)func IsMark\(.*?\n\}|func \(l \*Logs\) Value\(.*?\n\}`)
)

// TestContextKeysAreListed: each key is in the table, and those that are to be hidden are
// named where that is done.
func TestContextKeysAreListed(t *testing.T) {
	t.Parallel()
	found, hiding := map[string]bool{}, ""
	for _, name := range files(t) {
		if path.Ext(name) != ".go" || isTest(name) || strings.HasPrefix(name, "guest-sdk/") {
			continue
		}
		text := read(t, name)
		for _, m := range contextKey.FindAllStringSubmatch(text, -1) {
			found[path.Base(path.Dir(name))+"."+m[1]+m[2]] = true
		}
		hiding += strings.Join(hides.FindAllString(text, -1), "\n")
	}
	if want := slices.Sorted(maps.Keys(contextKeys)); !slices.Equal(slices.Sorted(maps.Keys(found)), want) {
		t.Errorf("the keys of contexts are %q, and the table has %q", slices.Sorted(maps.Keys(found)), want)
	}
	for key, how := range contextKeys {
		_, name, _ := strings.Cut(key, ".")
		if named := strings.Contains(hiding, name); named != (how != inherited) {
			t.Errorf("%s is %s; named in IsMark or Logs.Value: %v", key, how, named)
		}
	}
}
