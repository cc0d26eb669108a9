package policy

import (
	"maps"
	"slices"

	lua "github.com/yuin/gopher-lua"
)

// local is one local variable of the source.
type local struct {
	name    string
	line    int
	used    bool
	quiet   bool   // a parameter or loop variable: being unused is no mistake
	module  string // the module that it holds, if it was just required
	request bool   // the request of a predicate
	owner   *function
}

// function is one function body while it is rewritten.
type function struct {
	outer     *function
	blocks    [][]*local
	active    int            // locals in scope
	predicate bool           // written as when= or providers=
	bytes     int            // memory that one run of the current body asks for
	constants map[string]int // as the compiler will number them
	work      *int           // compiler work of the whole file
}

func (f *function) open() { f.blocks = append(f.blocks, nil) }
func (f *function) close() {
	top := len(f.blocks) - 1
	f.active -= len(f.blocks[top])
	f.blocks = f.blocks[:top]
}

func (f *function) declare(v *local) {
	v.owner = f
	f.active++
	top := len(f.blocks) - 1
	f.blocks[top] = append(f.blocks[top], v)
}

// find resolves a name, innermost first; nil means a global.
func (f *function) find(name string) *local {
	for fn := f; fn != nil; fn = fn.outer {
		for b := len(fn.blocks) - 1; b >= 0; b-- {
			block := fn.blocks[b]
			for i := len(block) - 1; i >= 0; i-- {
				if block[i].name == name {
					return block[i]
				}
			}
		}
	}
	return nil
}

// visible lists the names of all locals in scope, for suggestions.
func (f *function) visible() []string {
	var names []string
	for fn := f; fn != nil; fn = fn.outer {
		for _, block := range fn.blocks {
			for _, v := range block {
				names = append(names, v.name)
			}
		}
	}
	return names
}

// constant accounts for one use of a constant: the compiler finds it by a
// linear search, which makes a long file cost its square.
func (f *function) constant(c string) {
	n, ok := f.constants[c]
	if !ok {
		n = len(f.constants)
		f.constants[c] = n
	}
	*f.work += n + 1
}

// names of the fields of a module that the rewriter knows, sorted.
func fieldNames(t *lua.LTable) []string {
	var names []string
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return names
}

// requestFields are the fields of a predicate's request.
var requestFields = []string{"caller", "key", "labels", "op", "roles", "time"}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
