package project_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// requirement is one line of go.mod:
//
//	example.org/x v1.2.3 // used by runtime/policy, cmd/postern (tests): why
//
// The comment may also be on the line above. Indirect requirements need none.
type requirement struct {
	module   string
	indirect bool
	users    []string // rooms, with " (tests)" if only their tests import it
	why      string
}

const usedBy = "// used by "

// requirements reads the require lines of a go.mod.
func requirements(gomod string) ([]requirement, error) {
	var all []requirement
	above, block := "", false
	for line := range strings.SplitSeq(gomod, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "require ("):
			block = true
			continue
		case line == ")":
			block = false
			continue
		case strings.HasPrefix(line, "//"):
			above = line
			continue
		case strings.HasPrefix(line, "require "):
			line = strings.TrimPrefix(line, "require ")
		case !block || line == "":
			above = ""
			continue
		}
		r, err := parseRequirement(line, above)
		if err != nil {
			return nil, err
		}
		all, above = append(all, r), ""
	}
	return all, nil
}

func parseRequirement(line, above string) (requirement, error) {
	spec, comment, _ := strings.Cut(line, "//")
	r := requirement{module: strings.Fields(spec)[0]}
	comment = strings.TrimSpace(comment)
	if comment == "indirect" || strings.HasPrefix(comment, "indirect;") {
		r.indirect = true
		return r, nil
	}
	if comment == "" {
		comment = strings.TrimPrefix(above, "// ")
	}
	users, why, ok := strings.Cut(strings.TrimPrefix("// "+comment, usedBy), ": ")
	if !strings.HasPrefix("// "+comment, usedBy) || !ok || strings.TrimSpace(why) == "" {
		return r, fmt.Errorf(`%s lacks its comment "%sROOM, ROOM (tests): why"`, r.module, usedBy)
	}
	r.users, r.why = slices.Sorted(strings.SplitSeq(users, ", ")), why
	return r, nil
}

// importers returns the rooms that import each direct requirement, written as in
// requirement.users.
func importers(all []listed, modules []string) map[string][]string {
	owner := func(imported string) string {
		best := ""
		for _, m := range modules {
			if beneath(imported, m) && len(m) > len(best) {
				best = m
			}
		}
		return best
	}
	found := map[string]map[string]bool{}
	note := func(imported, user string) {
		if m := owner(imported); m != "" {
			if found[m] == nil {
				found[m] = map[string]bool{}
			}
			found[m][user] = true
		}
	}
	for _, p := range all {
		for _, imported := range p.Imports {
			note(imported, p.room())
		}
		for _, imported := range p.tests() {
			if m := owner(imported); m != "" && !found[m][p.room()] {
				note(imported, p.room()+" (tests)")
			}
		}
	}
	users := map[string][]string{}
	for m, set := range found {
		users[m] = slices.Sorted(maps.Keys(set))
	}
	return users
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	all, err := requirements(read(t, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, r := range all {
		if !r.indirect {
			direct = append(direct, r.module)
		}
	}
	slices.Sort(direct)
	imported := importers(packages(t), direct)
	for _, r := range all {
		if !r.indirect && !slices.Equal(r.users, imported[r.module]) {
			t.Errorf("go.mod says that %s is used by %q, but %q import it", r.module, r.users, imported[r.module])
		}
	}
	var list strings.Builder
	for _, m := range direct {
		list.WriteString(m + "\n")
	}
	golden(t, "dependencies.txt", list.String())
}

// golden compares got with a file of testdata, or writes it under -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if that is intended, run go test -run %s -update\ngot:\n%swant:\n%s", file, t.Name(), got, want)
	}
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	const head = "module m\n\nrequire (\n"
	for _, c := range []struct {
		name, gomod, want string
	}{
		{"behind", head + "\ta.org/x v1.0.0 // used by runtime/policy: Lua\n)\n", "a.org/x [runtime/policy] Lua"},
		{"above", head + "\t// used by b, a (tests): rules\n\ta.org/x v1.0.0\n)\n", "a.org/x [a (tests) b] rules"},
		{"single", "require a.org/x v1.0.0 // used by a: b: c\n", "a.org/x [a] b: c"},
		{"indirect", head + "\ta.org/x v1.0.0 // indirect\n)\n", "a.org/x [] "},
		{"bare", head + "\ta.org/x v1.0.0\n)\n", `error a.org/x lacks its comment "// used by ROOM, ROOM (tests): why"`},
		{"no reason", head + "\ta.org/x v1.0.0 // used by a:\n)\n", `error a.org/x lacks its comment "// used by ROOM, ROOM (tests): why"`},
		{"comment of another line", head + "\t// used by a: b\n\ta.org/x v1.0.0\n\ta.org/y v1.0.0\n)\n",
			`error a.org/y lacks its comment "// used by ROOM, ROOM (tests): why"`},
	} {
		got := ""
		all, err := requirements(c.gomod)
		for _, r := range all {
			got += fmt.Sprintf("%s %v %s", r.module, r.users, r.why)
		}
		if err != nil {
			got = "error " + err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
