package project_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// arrow lists what one room (a package, by its path below the module) may import
// besides the standard library. A room that ends in "/..." stands for every
// package below it. An entry in ours is a room or one of the words below; entries
// of third are import path prefixes.
type arrow struct {
	room  string
	ours  []string
	third []string
}

const (
	publicRooms  = "public packages"
	siblingRooms = "packages beneath the same room"
)

const (
	wazero  = "github.com/tetratelabs/wazero"
	lua     = "github.com/yuin/gopher-lua"
	koanf   = "github.com/knadh/koanf"
	yaml    = "go.yaml.in/yaml/v3"
	cliKit  = "github.com/urfave/cli/v3"
	tint    = "github.com/lmittmann/tint"
	xsys    = "golang.org/x/sys"
	xterm   = "golang.org/x/term"
	scripts = "github.com/rogpeppe/go-internal"
)

// arrows is the whole graph. A room without a row fails, and so do a row without
// a room and an entry that no import uses: rows come with the code they are for
// and go with it.
var arrows = []arrow{
	{room: "runtime/abi"},
	{room: "runtime/glob"},
	{room: "runtime/safefile", third: []string{xsys}},
	{room: "runtime/suggest"},
	{room: "runtime/policy", ours: []string{
		"runtime/glob", "runtime/suggest", "runtime/policy/internal/lint", "runtime/policy/internal/luabox", "runtime/policy/internal/luascan", "runtime/policy/internal/patterns", "runtime/policy/internal/unstable", "runtime/policy/internal/std", "runtime/policy/internal/window",
		"runtime/redact/mask", "runtime/safefile"}},
	{room: "runtime/policy/policytest", ours: []string{
		"runtime/audit/record", "runtime/policy", "runtime/redact/mask", "runtime/suggest", "runtime/policy/internal/luabox", "runtime/policy/internal/luascan", "runtime/policy/internal/std"}},
	{room: "runtime/policy/internal/luabox", ours: []string{"runtime/policy/internal/luascan", "runtime/policy/internal/purity"}, third: []string{lua}},
	{room: "runtime/policy/internal/purity", third: []string{lua}},
	{room: "runtime/policy/internal/lint", ours: []string{"runtime/glob", "runtime/policy/internal/luascan", "runtime/policy/internal/window"}, third: []string{lua}},
	{room: "runtime/policy/internal/luascan", third: []string{lua}},
	{room: "runtime/policy/internal/std", ours: []string{
		"runtime/glob", "runtime/suggest", "runtime/policy/internal/luabox", "runtime/policy/internal/window"}},
	{room: "runtime/policy/internal/patterns", ours: []string{"runtime/glob"}},
	{room: "runtime/policy/internal/unstable"},
	{room: "runtime/policy/internal/window"},
	{room: "runtime/audit/record"},
	{room: "runtime/audit", ours: []string{"runtime/audit/record", "runtime/internal/goroutine", "runtime/safefile"}},
	{room: "runtime/internal/slab", third: []string{xsys}},
	{room: "runtime/internal/wipe"},
	{room: "runtime/internal/wasmbin", ours: []string{"runtime/internal/wasmbin/cost", "runtime/internal/wasmbin/opcode", "runtime/internal/wasmbin/parts"}},
	{room: "runtime/internal/wasmbin/cost"},
	{room: "runtime/internal/wasmbin/opcode"},
	{room: "runtime/internal/wasmbin/parts"},
	{room: "runtime/internal/budget"},
	{room: "runtime/internal/maskmodel"},
	{room: "runtime/internal/project"},
	{room: "modules"},
	{room: "policies"},

	{room: "runtime/secret", ours: []string{"runtime/internal/slab"}},
	{room: "runtime/secret/secrettest", ours: []string{"runtime/secret"}},
	{room: "runtime/redact", ours: []string{"runtime/secret", "runtime/internal/wipe", "runtime/redact/mask", "runtime/redact/internal/encodings", "runtime/redact/internal/match"}},
	{room: "runtime/redact/internal/match", ours: []string{"runtime/internal/wipe", "runtime/redact/internal/encodings", "runtime/redact/internal/lattice", "runtime/redact/internal/slogrecord"}},
	{room: "runtime/redact/internal/lattice", ours: []string{"runtime/internal/wipe"}},
	{room: "runtime/redact/internal/slogrecord"},
	{room: "runtime/redact/internal/encodings", ours: []string{"runtime/internal/wipe", "runtime/redact/internal/invalidutf8"}},
	{room: "runtime/redact/internal/invalidutf8"},
	{room: "runtime/redact/mask"},
	// codecache for the process that compiles.
	{room: "runtime/module", ours: []string{"runtime/internal/wasmbin", "runtime/internal/codecache", "runtime/abi", "runtime/module/check"}},
	{room: "runtime/module/check", ours: []string{"runtime/internal/wasmbin", "runtime/internal/wasmbin/cost", "runtime/abi"}},
	// secret only for the code that its errors carry.
	{room: "runtime/config", ours: []string{"runtime", "runtime/audit", "runtime/glob", "runtime/internal/protectedfiles", "runtime/module", "runtime/policy", "runtime/safefile", "runtime/secret", "runtime/suggest"}, third: []string{koanf, yaml}},

	{room: "runtime/internal/listing", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/chain", ours: []string{"runtime/secret", "runtime/internal/listing"}},
	{room: "runtime/internal/watch", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/goroutine"},
	{room: "runtime/internal/gosource", ours: []string{"runtime/secret", "runtime/internal/chain", "runtime/internal/listing", "runtime/internal/slab", "runtime/internal/wasmhost"}},
	{room: "runtime/internal/capability", ours: []string{"runtime/abi", "runtime/internal/wipe", "runtime/internal/capability/guesttext", "runtime/secret"}, third: []string{wazero}},
	{room: "runtime/internal/capability/guesttext", ours: []string{"runtime/internal/wipe", "runtime/internal/capability/guesttext/substrings", "runtime/redact", "runtime/secret"}},
	{room: "runtime/internal/capability/guesttext/substrings"},
	{room: "runtime/internal/copytest"},
	{room: "runtime/internal/cputime"},
	{room: "runtime/internal/capability/core", ours: []string{"runtime/abi", "runtime/internal/capability"}},
	{room: "runtime/internal/capability/env", ours: []string{"runtime/abi", "runtime/internal/capability", "runtime/safefile"}},
	{room: "runtime/internal/capability/file", ours: []string{"runtime/abi", "runtime/internal/capability", "runtime/safefile"}},
	{room: "runtime/internal/capability/kv", ours: []string{"runtime/abi", "runtime/internal/capability", "runtime/internal/slab"}},
	{room: "runtime/internal/capability/wasi", ours: []string{"runtime/abi", "runtime/internal/capability"}},
	// The only importer of the rooms above; guesttest is for their tests.
	{room: "runtime/internal/capability/all", ours: []string{"runtime/internal/capability", "runtime/internal/capability/core",
		"runtime/internal/capability/env", "runtime/internal/capability/file", "runtime/internal/capability/kv", "runtime/internal/capability/wasi"}},
	{room: "runtime/internal/capability/guesttest",
		ours:  []string{"runtime/abi", "runtime/internal/capability", "runtime/internal/capability/all", "runtime/secret"},
		third: []string{wazero}},
	{room: "runtime/internal/protectedfiles"},
	{room: "runtime/internal/codecache", ours: []string{"runtime/internal/wasmbin", "runtime/safefile"}, third: []string{wazero}},
	{room: "runtime/internal/guestmem", third: []string{wazero, xsys}},
	{room: "runtime/internal/wasmhost",
		ours: []string{"runtime/abi", "runtime/internal/capability", "runtime/internal/capability/all", "runtime/internal/codecache", "runtime/internal/goroutine", "runtime/internal/guestmem", "runtime/internal/listing",
			"runtime/internal/slab", "runtime/internal/wasmbin", "runtime/module/check", "runtime/secret"},
		third: []string{wazero}},

	{room: "runtime", ours: []string{
		"runtime/audit", "runtime/audit/record", "runtime/glob",
		"runtime/module", "runtime/policy", "runtime/redact", "runtime/safefile", "runtime/secret", "runtime/internal/capability", "runtime/internal/capability/all",
		"runtime/suggest", "runtime/internal/budget", "runtime/internal/chain", "runtime/internal/codecache", "runtime/internal/protectedfiles", "runtime/internal/goroutine", "runtime/internal/gosource", "runtime/internal/slab", "runtime/internal/wasmhost", "runtime/internal/watch",
		"modules", "policies"}},

	{room: "cmd/postern", ours: []string{"cmd/postern/internal/cli", "cmd/postern/internal/signals"}},
	{room: "cmd/postern/internal/childproc", ours: []string{"cmd/postern/internal/signals", "cmd/postern/internal/ttywait"}, third: []string{xsys, xterm}},
	{room: "cmd/postern/internal/ttywait", third: []string{xsys}},
	{room: "cmd/postern/internal/prompt", ours: []string{"runtime/secret"}, third: []string{xsys, xterm}},
	{room: "cmd/postern/internal/signals", third: []string{xsys}},
	{room: "cmd/postern/internal/compiler", ours: []string{"runtime/module"}},
	{room: "cmd/postern/internal/runfiles", ours: []string{"runtime/safefile"}},
	{room: "cmd/postern/internal/format", ours: []string{"runtime/redact", "runtime/secret"}},
	{room: "runtime/internal/promises"},
	// The ground of all commands, and what several of them share.
	{room: "cmd/postern/internal/app", ours: []string{publicRooms, "cmd/postern/internal/prompt", "cmd/postern/internal/signals"}, third: []string{cliKit, tint, xterm, xsys}},
	{room: "cmd/postern/internal/steering"},
	{room: "cmd/postern/internal/values", ours: []string{publicRooms, "cmd/postern/internal/app", "cmd/postern/internal/format", "cmd/postern/internal/steering"}, third: []string{cliKit}},
	// The root of the commands knows their groups; no group knows another.
	{room: "cmd/postern/internal/cli", ours: []string{publicRooms, siblingRooms, "cmd/postern/internal/app", "cmd/postern/internal/compiler", "cmd/postern/internal/signals"}, third: []string{cliKit, xsys}},
	{room: "cmd/postern/internal/cli/config", ours: []string{publicRooms, "cmd/postern/internal/app", "cmd/postern/internal/runfiles"}, third: []string{cliKit}},
	{room: "cmd/postern/internal/cli/module", ours: []string{publicRooms, "cmd/postern/internal/app"}, third: []string{cliKit}},
	{room: "cmd/postern/internal/cli/policy", ours: []string{publicRooms, "cmd/postern/internal/app"}, third: []string{cliKit}},
	{room: "cmd/postern/internal/cli/run", ours: []string{publicRooms, "cmd/postern/internal/app", "cmd/postern/internal/childproc",
		"cmd/postern/internal/format", "cmd/postern/internal/runfiles", "cmd/postern/internal/steering", "cmd/postern/internal/values"}, third: []string{cliKit, xsys}},
	{room: "cmd/postern/internal/cli/secrets", ours: []string{publicRooms, "cmd/postern/internal/app", "cmd/postern/internal/format",
		"cmd/postern/internal/values"}, third: []string{cliKit}},
	{room: "examples/...", ours: []string{publicRooms}},
	{room: "guest-sdk/go/...", ours: []string{"runtime/abi", siblingRooms}},
}

// testThird is what tests may import from outside beyond their room's own.
var testThird = map[string][]string{
	"cmd/postern":                      {scripts},
	"cmd/postern/internal/format":      {koanf},  // its parsers read what we wrote
	"modules":                          {wazero}, // what a module does before there is a host
	"runtime/internal/capability/all":  {wazero},
	"runtime/internal/capability/wasi": {wazero},
	"runtime/internal/codecache":       {xsys},         // exchanges folders
	"runtime/internal/wasmbin":         {wazero, xsys}, // the rewritten module against the original, and its processor time
	"runtime/internal/wasmbin/cost":    {wazero},       // compiles what it weighs
	"runtime/internal/wasmhost":        {xsys},         // processor time of a benchmark
	"runtime/secret":                   {xsys},         // limits and core files of a child process
}

// arrowOf returns the row for a room.
func arrowOf(arrows []arrow, room string) (arrow, bool) {
	for _, a := range arrows {
		above, tree := strings.CutSuffix(a.room, "/...")
		if a.room == room || tree && beneath(room, above) {
			return a, true
		}
	}
	return arrow{}, false
}

// allows returns the entry of the row that allows the room to import a path,
// which is not of the standard library.
func (a arrow) allows(imported string, public map[string]bool) (entry string, ok bool) {
	room, ours := cutModule(imported)
	if !ours {
		return prefixOf(a.third, imported)
	}
	if slices.Contains(a.ours, room) {
		return room, true
	}
	top, _ := strings.CutSuffix(a.room, "/...")
	switch {
	case beneath(room, top) && slices.Contains(a.ours, siblingRooms):
		return siblingRooms, true
	case public[room] && slices.Contains(a.ours, publicRooms):
		return publicRooms, true
	}
	return "", false
}

// prefixOf returns the import path prefix that covers a path.
func prefixOf(prefixes []string, imported string) (string, bool) {
	i := slices.IndexFunc(prefixes, func(p string) bool { return beneath(imported, p) })
	if i < 0 {
		return "", false
	}
	return prefixes[i], true
}

func cutModule(imported string) (room string, ours bool) {
	if imported == modulePath {
		return "", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

func beneath(name, top string) bool { return name == top || strings.HasPrefix(name, top+"/") }

// standard reports whether an import path belongs to the standard library: its
// first element has no dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func TestArrows(t *testing.T) {
	t.Parallel()
	for _, fault := range arrowFaults(packages(t), arrows, testThird) {
		t.Error(fault)
	}
}

// arrowFaults compares the imports of all packages with the tables: what they
// import without an arrow, and what no import uses any more.
func arrowFaults(all []listed, arrows []arrow, testThird map[string][]string) []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	public := map[string]bool{}
	for _, p := range all {
		public[p.room()] = p.public()
	}
	used := map[[2]string]bool{} // room of the row and entry
	for _, p := range all {
		a, ok := arrowOf(arrows, p.room())
		if !ok {
			fault("room %s has no row in arrows: add one, or move the code to an existing room", p.room())
			continue
		}
		used[[2]string{a.room}] = true
		for _, imported := range p.Imports {
			if standard(imported) {
				continue
			}
			entry, ok := a.allows(imported, public)
			if !ok {
				fault("%s imports %s, which no arrow allows", p.room(), imported)
			}
			used[[2]string{a.room, entry}] = true
		}
		for _, imported := range p.tests() {
			if standard(imported) || inTests(p, a, imported, public) {
				continue
			}
			entry, ok := prefixOf(testThird[p.room()], imported)
			if !ok {
				fault("a test of %s imports %s, which no arrow allows", p.room(), imported)
			}
			used[[2]string{"test " + p.room(), entry}] = true
		}
	}
	for _, a := range arrows {
		if !used[[2]string{a.room}] {
			fault("the row of %s matches no package: remove it", a.room)
			continue
		}
		for _, entry := range slices.Concat(a.ours, a.third) {
			if !used[[2]string{a.room, entry}] {
				fault("the row of %s allows %s, which it does not import: remove the entry", a.room, entry)
			}
		}
	}
	for _, room := range slices.Sorted(maps.Keys(testThird)) {
		for _, entry := range testThird[room] {
			if !used[[2]string{"test " + room, entry}] {
				fault("testThird allows %s to tests of %s, which do not import it: remove the entry", entry, room)
			}
		}
	}
	return faults
}

// inTests reports whether tests of a package may import a path without an entry
// in testThird: what the package itself may import, test data, inside runtime every
// room of this module except commands and examples, elsewhere public rooms and its own.
func inTests(p listed, a arrow, imported string, public map[string]bool) bool {
	if _, ok := a.allows(imported, public); ok {
		return true
	}
	room, ours := cutModule(imported)
	switch {
	case !ours:
		return false
	case beneath(room, "testdata"):
		return true
	case beneath(p.room(), "runtime"):
		return !beneath(room, "cmd") && !beneath(room, "examples")
	}
	return public[room] || beneath(room, p.room())
}

func TestArrowsRule(t *testing.T) {
	t.Parallel()
	public := map[string]bool{"runtime": true, "runtime/secret": true, "runtime/config": true}
	for _, c := range []struct {
		room, imported string
		want           bool
	}{
		{"runtime/secret", modulePath + "/runtime/internal/slab", true},
		{"runtime/secret", modulePath + "/runtime", false},
		{"runtime/abi", modulePath + "/runtime/secret", false},
		{"runtime", modulePath + "/runtime/config", false},
		{"runtime", wazero, false},
		{"runtime/policy", lua, false},
		{"runtime/policy/internal/luabox", lua + "/parse", true},
		{"runtime/policy/internal/luabox", lua + "x", false},
		{"runtime/redact", lua, false},
		{"runtime/internal/wasmhost", wazero + "/api", true},
		{"cmd/postern/internal/cli", modulePath + "/runtime/config", true},
		{"cmd/postern/internal/cli", modulePath + "/runtime/internal/chain", false},
		{"cmd/postern/internal/cli", koanf + "/v2", false},
		{"examples/quickstart", modulePath + "/runtime", true},
		{"examples/quickstart", modulePath + "/runtime/internal/slab", false},
		{"guest-sdk/go", modulePath + "/runtime/abi", true},
		{"guest-sdk/go", modulePath + "/runtime/secret", false},
	} {
		a, ok := arrowOf(arrows, c.room)
		if !ok {
			t.Fatalf("no row for %s", c.room)
		}
		if _, got := a.allows(c.imported, public); got != c.want {
			t.Errorf("%s -> %s: allowed = %v, want %v", c.room, c.imported, got, c.want)
		}
	}
	if a, ok := arrowOf(arrows, "runtime/util"); ok {
		t.Errorf("runtime/util is covered by the row of %s", a.room)
	}
}

func TestArrowFaults(t *testing.T) {
	t.Parallel()
	pkg := func(room string, imports ...string) listed {
		return listed{ImportPath: modulePath + "/" + room, Name: "p", Imports: imports}
	}
	rows := []arrow{{room: "a"}, {room: "b", ours: []string{"a"}, third: []string{"x.org/y"}}}
	both := []listed{pkg("a"), pkg("b", "fmt", modulePath+"/a", "x.org/y/z")}
	tested := pkg("a")
	tested.XTestImports = []string{"x.org/y"}
	for _, c := range []struct {
		name      string
		all       []listed
		rows      []arrow
		testThird map[string][]string
		want      string
	}{
		{"agrees", both, rows, nil, ""},
		{"no row", append(both, pkg("c")), rows, nil, "room c has no row in arrows: add one, or move the code to an existing room"},
		{"no arrow", append(both, pkg("a/c", modulePath+"/b")), append(rows, arrow{room: "a/..."}), nil,
			"a/c imports " + modulePath + "/b, which no arrow allows"},
		{"no room", both, append(rows, arrow{room: "c"}), nil, "the row of c matches no package: remove it"},
		{"unused room", []listed{pkg("a"), pkg("b", "x.org/y")}, rows, nil, "the row of b allows a, which it does not import: remove the entry"},
		{"unused module", []listed{pkg("a"), pkg("b", modulePath+"/a")}, rows, nil,
			"the row of b allows x.org/y, which it does not import: remove the entry"},
		{"test without entry", []listed{tested, both[1]}, rows, nil, "a test of a imports x.org/y, which no arrow allows"},
		{"test with entry", []listed{tested, both[1]}, rows, map[string][]string{"a": {"x.org/y"}}, ""},
		{"unused test entry", both, rows, map[string][]string{"a": {"x.org/y"}},
			"testThird allows x.org/y to tests of a, which do not import it: remove the entry"},
	} {
		if got := strings.Join(arrowFaults(c.all, c.rows, c.testThird), "\n"); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
}
