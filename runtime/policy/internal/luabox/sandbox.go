package luabox

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// Config describes a sandbox.
type Config struct {
	Limits     Limits
	Declare    []string   // global functions that pass their calls to the Declarer
	Predicates []string   // fields of a declaration that hold predicates
	Record     RecordType // what predicates receive
	Modules    []Module   // built-in modules, for require
	// Compare checks a comparison of a field of the record with a constant: an
	// error keeps the file from loading. It may be nil. field is "labels" for an
	// item of the field labels; whole means that the field itself is compared.
	Compare func(field string, whole bool, operator, constant string) error
	// Foreign names what other dialects of Lua have and what to write instead, by
	// name, "lib.name" or ":method".
	Foreign map[string]string
	// Suggest returns the candidate that name is probably a misspelling of, or
	// "". If Suggest is nil, errors have no hints.
	Suggest func(name string, candidates []string) string
}

// Sandbox holds everything that Lua code can reach: the functions and modules of
// this package and those of its Config. Once loading has ended, it is only read,
// by any number of runners at the same time.
type Sandbox struct {
	config     Config
	limits     Limits // with defaults
	env        *lua.LTable
	stringMeta *lua.LTable
	modules    map[string]*lua.LTable  // built-in modules, by name
	frozen     map[*lua.LTable]string  // read-only tables, with their names
	natives    map[*lua.LFunction]bool // stateless Go functions
}

// New returns a sandbox for one program.
func New(c Config) *Sandbox {
	b := &Sandbox{
		config: c, limits: c.Limits.WithDefaults(), env: newTable(), modules: map[string]*lua.LTable{},
		frozen: map[*lua.LTable]string{}, natives: map[*lua.LFunction]bool{},
	}
	b.env.RawSetString("string", b.table("string", stringFuncs))
	b.env.RawSetString("table", b.table("table", tableFuncs))
	b.env.RawSetString("math", b.table("math", mathFuncs))
	for _, group := range []map[string]lua.LGFunction{baseFuncs, helperFuncs} {
		for name, fn := range group {
			b.env.RawSetString(name, b.native(fn))
		}
	}
	for _, name := range c.Declare {
		b.env.RawSetString(name, b.native(declaration(name)))
	}
	for _, m := range c.Modules {
		b.modules[m.Name] = b.module(m)
	}
	b.stringMeta = b.newStringMeta()
	return b
}

// Globals returns the global names that a file may use: a function with a nil
// slice, a module with the names of its functions, sorted.
func (b *Sandbox) Globals() map[string][]string {
	globals := map[string][]string{}
	for _, name := range fieldNames(b.env) {
		if hidden(name) {
			continue
		}
		globals[name] = nil
		if t, ok := b.env.RawGetString(name).(*lua.LTable); ok {
			globals[name] = fieldNames(t)
		}
	}
	return globals
}

// hidden reports whether a global is for rewritten code only.
func hidden(name string) bool { return name[0] == '(' }

// hint returns the candidate that name is probably a misspelling of, or "".
func (b *Sandbox) hint(name string, candidates []string) string {
	if b.config.Suggest == nil {
		return ""
	}
	return b.config.Suggest(name, candidates)
}

func newTable() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }

func (b *Sandbox) function(fn lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, Env: b.env, GFunction: fn}
}

// native registers a Go function that Lua code can refer to, and so capture in a
// predicate.
func (b *Sandbox) native(fn lua.LGFunction) *lua.LFunction {
	f := b.function(fn)
	b.natives[f] = true
	return f
}

// module returns the table of a host module.
func (b *Sandbox) module(m Module) *lua.LTable {
	funcs := make(map[string]lua.LGFunction, len(m.Funcs))
	for name, fn := range m.Funcs {
		funcs[name] = fn.native(m.Short + "." + name)
	}
	return b.table(m.Name, funcs)
}

// table returns a read-only table in which reading an unknown field is an error.
func (b *Sandbox) table(name string, funcs map[string]lua.LGFunction) *lua.LTable {
	t := newTable()
	names := slices.Sorted(maps.Keys(funcs)) // so that pairs has the same order each time
	for _, fname := range names {
		t.RawSetString(fname, b.native(funcs[fname]))
	}
	t.Metatable = b.strictMeta(name, names)
	b.frozen[t] = name
	return t
}

// strictMeta makes reading an absent field an error that names the closest one.
func (b *Sandbox) strictMeta(what string, names []string) *lua.LTable {
	meta := newTable()
	meta.RawSetString("__index", b.function(func(L *lua.LState) int {
		m := machineOf(L)
		m.spend(8, 0)
		word, _ := L.Get(2).(lua.LString)
		if near := b.hint(string(word), names); near != "" {
			m.fail("%s has no field %.64q (did you mean %q?)", what, string(word), near)
		}
		m.fail("%s has no field %.64q", what, string(word))
		return 0
	}))
	return meta
}

// newStringMeta gives strings their methods, and makes arithmetic on a string an
// error: the interpreter would convert the string at each step, which is work
// that no instruction count shows.
func (b *Sandbox) newStringMeta() *lua.LTable {
	meta := newTable()
	meta.RawSetString("__index", b.env.RawGetString("string"))
	refuse := b.function(func(L *lua.LState) int {
		machineOf(L).fail("arithmetic needs numbers (see tonumber)")
		return 0
	})
	for _, event := range []string{"__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm"} {
		meta.RawSetString(event, refuse)
	}
	return meta
}

// fieldNames returns the names of the fields of t, sorted.
func fieldNames(t *lua.LTable) []string {
	var names []string
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return names
}
