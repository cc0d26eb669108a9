package luabox

// local is one local variable of the source.
type local struct {
	name   string
	line   int
	used   bool
	quiet  bool   // a parameter or loop variable, which may be unused
	module string // the module that it holds, "" if that is unknown
	record bool   // the record that a predicate receives
	field  string // the field of the record that it holds, "" if that is unknown
	item   bool   // it holds an item of that field
	owner  *function
}

// function is a function body that is being rewritten.
type function struct {
	outer     *function
	blocks    [][]*local
	active    int            // locals in scope
	predicate bool           // the value of a field, such as when, that holds a predicate
	bytes     int            // memory that one run of the current body requests
	constants map[string]int // with the numbers that the compiler will give them
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

// find returns the local that a name refers to, or nil if it is a global.
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

// visible returns the names of all locals in scope.
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

// constant accounts for one use of a constant, which the compiler finds by a
// linear search.
func (f *function) constant(c string) {
	n, ok := f.constants[c]
	if !ok {
		n = len(f.constants)
		f.constants[c] = n
	}
	*f.work += n + 1
}
