package luabox_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/policy/internal/luabox"
)

// tasks collects what a file declares with task { "name", run = function }.
type tasks struct {
	names []string
	run   []*luabox.Function
}

func (t *tasks) Declare(c luabox.Call) {
	table := c.Table(1)
	name, err := table.Item(1).Text()
	if err != nil {
		c.Throw(fmt.Errorf("%s: %w", c.Name(), err))
	}
	t.names = append(t.names, name)
	if fn, ok := table.Get("run").AsFunction(); ok {
		t.run = append(t.run, fn)
	}
}

func newSandbox() *luabox.Sandbox {
	return luabox.New(luabox.Config{
		Declare:    []string{"task"},
		Predicates: []string{"run"},
		Record:     luabox.RecordType{Name: "the record", Fields: []string{"user", "tags"}},
		Modules: []luabox.Module{{Name: "ext/v1", Short: "ext", Funcs: map[string]luabox.Func{
			"twice": func(c luabox.Call) luabox.Value { return c.NewString(c.Str(1) + c.Str(1)) },
		}}},
	})
}

func TestLoadAndRun(t *testing.T) {
	t.Parallel()
	box, d := newSandbox(), &tasks{}
	l := box.NewLoader(d, map[string]string{"lib": `return { suffix = "!" }`})
	err := l.Run("file.lua", []byte(`
		local ext, lib = require "ext/v1", require "lib"
		task { "greet", run = function(r)
			log("called for", r.user)
			return ext.twice(r.user) .. r.tags.mood .. lib.suffix
		end }
		task { "count", run = function(r) local n = 0 for i = 1, 10 do n = n + i end return n end }`))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.names, " "); got != "greet count" {
		t.Errorf("declared %q", got)
	}
	for _, fn := range d.run {
		if err := l.CheckPredicate(fn); err != nil {
			t.Error(err)
		}
	}
	r := box.NewRunner(luabox.Lookup{Field: "tags", Find: func(name string) luabox.Value { return luabox.String("<" + name + ">") }})
	r.Set("user", luabox.String("ann"))
	var lines []string
	v, fault := r.Call(d.run[0], func(line string) { lines = append(lines, line) })
	if s, _ := v.AsString(); fault != nil || s != "annann<mood>!" || strings.Join(lines, "|") != "called for ann" {
		t.Errorf("Call = %q, %v, logged %q", s, fault, lines)
	}
	v, fault = r.Call(d.run[1], nil)
	if n, _ := v.AsNumber(); fault != nil || n != 55 || r.Spent() < 20 || !r.Reusable() {
		t.Errorf("Call = %v, %v, spent %d", n, fault, r.Spent())
	}
	if w := l.Warnings(); len(w) != 1 || w[0].Line != 7 {
		t.Errorf("Warnings = %+v, want one about the loop in line 7", w)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"task { 1 }":           "task: want a string, not number", // thrown by the Declarer
		"\ntask(1)":            "file.lua:2: task: argument 1 must be a table, not number",
		"tusk {}":              `file.lua:1: undefined variable "tusk"`,
		`require "gone"`:       `file.lua:1: unknown module "gone"`,
		`require "loop"`:       `loop:1: module "loop" requires itself`,
		"while true do end":    "file.lua:1: instruction budget exceeded",
		"local t = { 1":        `file.lua:1: syntax error: unexpected end of file; "{" is not closed`,
		"error('a\\nb')":       `file.lua:1: error: "a\nb"`,
		"local x = {} .. 'a'":  "file.lua:1: a table cannot be joined with ..",
		"local s = ('x') < {}": "file.lua:1: a string cannot be compared with a table",
	} {
		err := newSandbox().NewLoader(&tasks{}, map[string]string{"loop": `require "loop"`}).Run("file.lua", []byte(src))
		if err == nil || err.Error() != want {
			t.Errorf("Run(%q) = %v, want %s", src, err, want)
		}
	}
}

func TestPredicateFaults(t *testing.T) {
	t.Parallel()
	box, d := newSandbox(), &tasks{}
	l := box.NewLoader(d, nil)
	if err := l.Run("file.lua", []byte(`
		local t, n = {}, 0
		task { "endless", run = function() while true do end end }
		task { "field", run = function(r) local x = r return x.usr end }
		task { "declares", run = function() task { "x" } end }
		task { "requires", run = function() require "ext/v1" end }
		task { "writes", run = function() t.a = 1 end }
		task { "counts", run = function() n = n + 1 end }`)); err != nil {
		t.Fatal(err)
	}
	for i, want := range []luabox.Fault{
		{Limit: true, Text: "instruction budget exceeded", File: "file.lua", Line: 3},
		{Text: `the record has no field "usr"`, File: "file.lua", Line: 4},
		{Text: "task may be called at the top of a file, not by a predicate", File: "file.lua", Line: 5},
		{Text: "require may be called at the top of a file, not by a predicate", File: "file.lua", Line: 6},
		{Text: `a predicate may not change a table (tried to set "a")`, File: "file.lua", Line: 7},
	} {
		r := box.NewRunner()
		_, got := r.Call(d.run[i], nil)
		if got == nil || *got != want || r.Reusable() {
			t.Errorf("%s: %+v, want %+v", d.names[i], got, want)
		}
	}
	var e *luabox.Error
	if err := l.CheckPredicate(d.run[5]); !errors.As(err, &e) || e.Line != 8 || !strings.Contains(e.Msg, `may not change "n"`) {
		t.Errorf("CheckPredicate = %v", err)
	}
}
