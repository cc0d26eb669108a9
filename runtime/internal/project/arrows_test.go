package project_test

import (
	"slices"
	"strings"
	"testing"
)

// arrow says what one room may import beside the standard library. A room that
// ends in "/..." stands for every package beneath it. An entry of ours is a room
// or one of the words below; third-party entries are import path prefixes.
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
	cliKit  = "github.com/urfave/cli/v3"
	tint    = "github.com/lmittmann/tint"
	xsys    = "golang.org/x/sys"
	xterm   = "golang.org/x/term"
	scripts = "github.com/rogpeppe/go-internal"
)

// arrows is the whole graph; a room that stands nowhere in it fails.
var arrows = []arrow{
	{room: "runtime/abi"},
	{room: "runtime/audit"},
	{room: "runtime/policy", third: []string{lua}},
	{room: "runtime/internal/slab", third: []string{xsys}},
	{room: "runtime/internal/wasmbin"},
	{room: "runtime/internal/project"},
	{room: "modules"},
	{room: "policies"},

	{room: "runtime/secret", ours: []string{"runtime/internal/slab"}},
	{room: "runtime/secret/secrettest", ours: []string{"runtime/secret"}},
	{room: "runtime/redact", ours: []string{"runtime/secret"}},
	{room: "runtime/module", ours: []string{"runtime/internal/wasmbin", "runtime/abi"}},
	// secret only for the code that its errors carry.
	{room: "runtime/config", ours: []string{"runtime", "runtime/audit", "runtime/module", "runtime/policy", "runtime/secret"}, third: []string{koanf}},

	{room: "runtime/internal/chain", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/cache", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/watch", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/supervisor", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/capability",
		ours:  []string{"runtime/abi", "runtime/internal/slab", "runtime/redact", "runtime/secret"},
		third: []string{wazero, xsys}},
	{room: "runtime/internal/wasmhost",
		ours: []string{"runtime/abi", "runtime/internal/capability", "runtime/internal/slab", "runtime/internal/wasmbin",
			"runtime/redact", "runtime/secret"},
		third: []string{wazero, xsys}},

	{room: "runtime", ours: []string{
		"runtime/abi", "runtime/audit", "runtime/module", "runtime/policy", "runtime/redact", "runtime/secret",
		"runtime/internal/cache", "runtime/internal/capability", "runtime/internal/chain", "runtime/internal/slab",
		"runtime/internal/supervisor", "runtime/internal/wasmbin", "runtime/internal/wasmhost", "runtime/internal/watch",
		"modules", "policies"}},

	{room: "cmd/postern", ours: []string{"cmd/postern/internal/cli"}},
	{room: "cmd/postern/internal/parent", third: []string{xsys, xterm}},
	{room: "cmd/postern/internal/format", ours: []string{"runtime/secret"}},
	{room: "runtime/internal/promises", ours: []string{"modules", "runtime", "runtime/secret", "runtime/internal/capability", "runtime/internal/wasmhost"}},
	{room: "cmd/postern/internal/cli", ours: []string{publicRooms, siblingRooms, "cmd/postern/internal/parent", "cmd/postern/internal/format"}, third: []string{cliKit, tint, xterm, xsys}},
	{room: "cmd/postern/internal/cli/...", ours: []string{publicRooms, siblingRooms}, third: []string{xterm, xsys}},
	{room: "examples/...", ours: []string{publicRooms, siblingRooms}},
	{room: "guest-sdk/go/...", ours: []string{"runtime/abi", siblingRooms}},
}

// testThird is what tests may import from outside beyond their room's own.
var testThird = map[string][]string{
	"cmd/postern":                 {scripts, xsys}, // pipes and limits for the scripts
	"cmd/postern/internal/cli":    {scripts},
	"cmd/postern/internal/format": {koanf},  // its parsers read what we wrote
	"modules":                     {wazero}, // what a module does before there is a host
	"runtime/internal/wasmbin":    {wazero}, // the rewritten module against the original
	"runtime/secret":              {xsys},   // limits and core files of a child process
}

// arrowOf returns the row for a room.
func arrowOf(room string) (arrow, bool) {
	for _, a := range arrows {
		above, tree := strings.CutSuffix(a.room, "/...")
		if a.room == room || tree && (room == above || strings.HasPrefix(room, above+"/")) {
			return a, true
		}
	}
	return arrow{}, false
}

// allows reports whether the row lets the room import a path, which is not of
// the standard library.
func (a arrow) allows(imported string, public map[string]bool) bool {
	room, ours := cutModule(imported)
	if !ours {
		return slices.ContainsFunc(a.third, func(p string) bool { return beneath(imported, p) })
	}
	top, _ := strings.CutSuffix(a.room, "/...")
	return slices.ContainsFunc(a.ours, func(allowed string) bool {
		switch allowed {
		case publicRooms:
			return public[room]
		case siblingRooms:
			return beneath(room, top)
		}
		return room == allowed
	})
}

func cutModule(imported string) (room string, ours bool) {
	if imported == modulePath {
		return "", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

func beneath(name, top string) bool { return name == top || strings.HasPrefix(name, top+"/") }

// standard reports whether an import path is of the standard library: its first
// element has no dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func TestArrows(t *testing.T) {
	t.Parallel()
	all := packages(t)
	public := map[string]bool{}
	for _, p := range all {
		public[p.room()] = p.public()
	}
	for _, p := range all {
		a, ok := arrowOf(p.room())
		if !ok {
			t.Errorf("%s is no agreed room: add a row, or move its code to the room it belongs to", p.room())
			continue
		}
		for _, imported := range p.Imports {
			if !standard(imported) && !a.allows(imported, public) {
				t.Errorf("%s imports %s, which no arrow allows", p.room(), imported)
			}
		}
		for _, imported := range p.tests() {
			if !standard(imported) && !testAllows(p, a, imported, public) {
				t.Errorf("a test of %s imports %s, which no arrow allows", p.room(), imported)
			}
		}
	}
}

// testAllows is the rule for what only tests import: inside runtime any room of
// ours, elsewhere public ones and their own; from outside what the room itself
// may import, and what testThird names.
func testAllows(p listed, a arrow, imported string, public map[string]bool) bool {
	room, ours := cutModule(imported)
	switch {
	case a.allows(imported, public):
		return true
	case !ours:
		return slices.ContainsFunc(testThird[p.room()], func(x string) bool { return beneath(imported, x) })
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
		{"runtime/policy", lua + "/parse", true},
		{"runtime/policy", lua + "x", false},
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
		a, ok := arrowOf(c.room)
		if !ok {
			t.Fatalf("no row for %s", c.room)
		}
		if got := a.allows(c.imported, public); got != c.want {
			t.Errorf("%s -> %s: allowed = %v, want %v", c.room, c.imported, got, c.want)
		}
	}
	if a, ok := arrowOf("runtime/util"); ok {
		t.Errorf("runtime/util is covered by the row of %s", a.room)
	}
}
