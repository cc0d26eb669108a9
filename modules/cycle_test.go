package modules_test

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoImportCycles: the files of a Rust crate import each other in one
// direction only, which rustc does not demand. Code that is not part of a module,
// tests and the hosts that they run on, is left out.
func TestNoImportCycles(t *testing.T) {
	t.Parallel()
	crates, err := filepath.Glob("*/src/lib.rs")
	shared, _ := filepath.Glob("lib/*/src/lib.rs")
	if err != nil || len(crates) == 0 || len(shared) == 0 {
		t.Fatalf("found the crates %q and %q, %v", crates, shared, err)
	}
	for _, root := range append(append(crates, shared...), "../guest-sdk/rust/src/lib.rs") {
		imports := crateImports(t, root)
		if len(imports) < 2 {
			t.Errorf("%s: found the modules %q, want more", root, slices.Sorted(maps.Keys(imports)))
		}
		if cycle := findCycle(imports); cycle != nil {
			t.Errorf("%s: the modules import each other: %s", root, strings.Join(cycle, " -> "))
		}
	}
}

func TestFindsImportCycles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"none": {map[string]string{
			"lib.rs": "mod a;\nmod b;\nuse a::A;\n", "a.rs": "use crate::b::{self, B};\n", "b.rs": "use core::fmt;\n",
		}, ""},
		"two files": {map[string]string{
			"lib.rs": "mod a;\nmod b;\n", "a.rs": "use crate::b::B;\n", "b.rs": "use crate::{a, C};\n",
		}, "a -> b -> a"},
		"without use": {map[string]string{
			"lib.rs": "mod a;\npub(crate) mod b;\n", "a.rs": "fn f() { crate::b::g() }\n", "b.rs": "fn g() { super::a::f() }\n",
		}, "a -> b -> a"},
		"root": {map[string]string{
			"lib.rs": "mod a;\nfn f() { a::g() }\n", "a.rs": "use crate::F;\n",
		}, "a -> crate -> a"},
		"nested": {map[string]string{
			"lib.rs": "mod a;\n", "a.rs": "mod b;\nuse b::B;\n", "a/b.rs": "use super::A;\n",
		}, "a -> a/b -> a"},
		"comments and tests": {map[string]string{
			"lib.rs": "mod a;\n#[cfg(test)]\nmod b;\nuse a::A;\n", "a.rs": "//! See crate::b and [`C`](crate::C).\n", "b.rs": "use super::*;\n",
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, text := range c.files {
				file = filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cycle := findCycle(crateImports(t, filepath.Join(dir, "lib.rs")))
			if got := strings.Join(cycle, " -> "); got != c.want {
				t.Errorf("found the cycle %q, want %q", got, c.want)
			}
		})
	}
}

// findCycle returns the modules of one import cycle, the first one again at the
// end, or nil.
func findCycle(imports map[string][]string) []string {
	done := map[string]bool{}
	var stack, cycle []string
	var visit func(string) bool
	visit = func(module string) bool {
		if i := slices.Index(stack, module); i >= 0 {
			cycle = append(slices.Clone(stack[i:]), module)
			return true
		}
		if done[module] {
			return false
		}
		stack = append(stack, module)
		found := slices.ContainsFunc(imports[module], visit)
		stack = stack[:len(stack)-1]
		done[module] = true
		return found
	}
	for _, module := range slices.Sorted(maps.Keys(imports)) {
		if visit(module) {
			break
		}
	}
	return cycle
}

// crateImports returns the modules of the crate with the given lib.rs, each with
// the modules that its file refers to. The root is called "crate", other modules
// "a" or "a/b".
func crateImports(t *testing.T, lib string) map[string][]string {
	t.Helper()
	sources := map[string]string{}
	children := map[string][]string{}
	var load func(module, file, folder string)
	load = func(module, file, folder string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[module] = stripRust(string(text))
		for _, m := range modLine.FindAllStringSubmatch(sources[module], -1) {
			child := m[1]
			if module != "crate" {
				child = path.Join(module, child)
			}
			children[module] = append(children[module], m[1])
			load(child, filepath.Join(folder, m[1]+".rs"), filepath.Join(folder, m[1]))
		}
	}
	load("crate", lib, filepath.Dir(lib))
	imports := map[string][]string{}
	for module, text := range sources {
		imports[module] = nil
		for _, target := range references(text, module, children[module]) {
			for sources[target] == "" && target != "crate" { // the last parts name an item
				if target = path.Dir(target); target == "." {
					target = "crate"
				}
			}
			if target != module && !slices.Contains(imports[module], target) {
				imports[module] = append(imports[module], target)
			}
		}
		slices.Sort(imports[module])
	}
	return imports
}

var (
	modLine  = regexp.MustCompile(`(?m)^(?:pub(?:\([a-z]+\))? )?mod ([a-z0-9_]+);`)
	comment  = regexp.MustCompile(`(?m)//.*$`)
	excluded = regexp.MustCompile(`#\[cfg\((?:test|not\(target_arch = "wasm32"\))\)\]`)
	// The head of a path and what may follow it. A macro's "$crate" is the crate
	// that uses the macro.
	pathHead = regexp.MustCompile(`(?:^|[^$:\w])([a-z][a-z0-9_]*)::`)
	pathRest = regexp.MustCompile(`^(?:[a-z][a-z0-9_]*::)*[A-Za-z0-9_]*`)
)

// stripRust returns the text without comments and without the items that are not
// compiled into a module.
func stripRust(text string) string {
	text = comment.ReplaceAllString(text, "")
	for {
		at := excluded.FindStringIndex(text)
		if at == nil {
			return text
		}
		end := at[1] + strings.IndexAny(text[at[1]:], ";{")
		if text[end] == '{' {
			end += len(braced(text[end:])) + 1
		}
		text = text[:at[0]] + text[end+1:]
	}
}

// braced returns the text between the brace that text begins with and its end.
func braced(text string) string {
	depth := 0
	for i, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[1:i]
			}
		}
	}
	return text[1:]
}

// references returns the paths that the file of a module refers to, as in
// crateImports but with the names of items at the end.
func references(text, module string, children []string) []string {
	var all []string
	for _, at := range pathHead.FindAllStringSubmatchIndex(text, -1) {
		base := ""
		switch head := text[at[2]:at[3]]; {
		case head == "crate":
		case head == "super":
			base = path.Dir("./" + module)
		case slices.Contains(children, head) && module == "crate":
			base = head
		case slices.Contains(children, head):
			base = path.Join(module, head)
		default:
			continue
		}
		for _, rest := range expand(text[at[1]:]) {
			all = append(all, path.Join("/", base, rest)[1:])
		}
	}
	for i, target := range all {
		if target == "" {
			all[i] = "crate"
		}
	}
	return all
}

// expand returns the paths that text begins with: "a::b" is a/b, and "a::{b, c}"
// is a/b and a/c.
func expand(text string) []string {
	first := pathRest.FindString(text)
	prefix := strings.ReplaceAll(strings.TrimSuffix(first, "::"), "::", "/")
	if first != "" && !strings.HasSuffix(first, "::") || !strings.HasPrefix(text[len(first):], "{") {
		return []string{prefix}
	}
	var all []string
	inner := braced(text[len(first):])
	for inner = strings.TrimSpace(inner); inner != ""; inner = strings.TrimLeft(inner, ", \n\t") {
		for _, rest := range expand(inner) {
			if rest == "self" {
				rest = ""
			}
			all = append(all, path.Join(prefix, rest))
		}
		inner = inner[itemLen(inner):]
	}
	return all
}

// itemLen returns the length of the first item of a list in braces.
func itemLen(list string) int {
	depth := 0
	for i, c := range list {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == ',' && depth == 0:
			return i
		}
	}
	return len(list)
}
