package luabox

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// rewriter checks the syntax tree of a file. It replaces every operation that
// could ask for unbounded memory or time in one instruction by a call of a
// bounded helper. It also reports names that do not exist: undefined variables
// and unknown fields of known tables.
type rewriter struct {
	file    string
	box     *Sandbox
	limits  Limits
	globals []string               // names that the file may use
	modules map[string]*lua.LTable // modules whose fields are known, by global or required name

	fn         *function                  // innermost function
	predicates map[*ast.FunctionExpr]bool // functions that are predicates
	named      map[string]bool            // names of functions that are predicates
	functions  int                        // seen so far
	loops      int                        // loops around the current statement, in fn
	depth      int                        // of the syntax tree, at the current node
	deepest    int
	work       int // of the compiler, so far
	warnings   []Warning
}

func newRewriter(file string, box *Sandbox) *rewriter {
	w := &rewriter{
		file: file, box: box, limits: box.limits, modules: map[string]*lua.LTable{}, predicates: map[*ast.FunctionExpr]bool{},
		named: map[string]bool{},
	}
	for name, t := range box.modules {
		w.modules[name] = t
	}
	for _, name := range fieldNames(box.env) {
		if hidden(name) {
			continue
		}
		w.globals = append(w.globals, name)
		if t, ok := box.env.RawGetString(name).(*lua.LTable); ok {
			w.modules[name] = t
		}
	}
	return w
}

// abort carries an error out of the recursion.
type abort struct{ err *Error }

func (w *rewriter) fail(line int, format string, args ...any) {
	panic(abort{&Error{File: w.file, Line: line, Msg: fmt.Sprintf(format, args...)}})
}

// failName is like fail, for a name that is not one of known.
func (w *rewriter) failName(line int, name string, known []string, format string, args ...any) {
	panic(abort{&Error{File: w.file, Line: line, Msg: fmt.Sprintf(format, args...), Hint: w.box.hint(name, known)}})
}

func (w *rewriter) warn(id string, line int, format string, args ...any) {
	w.warnings = append(w.warnings, Warning{ID: id, File: w.file, Line: line, Msg: fmt.Sprintf(format, args...)})
}

// chunk rewrites a whole file.
func (w *rewriter) chunk(stmts []ast.Stmt) (out []ast.Stmt, err error) {
	defer func() {
		if r := recover(); r != nil {
			a, ok := r.(abort)
			if !ok {
				panic(r)
			}
			err = a.err
		}
	}()
	w.fn = &function{constants: map[string]int{}, work: &w.work}
	w.namePredicates(stmts)
	out = w.body(luascan.Group(stmts))
	return out, nil
}

// enter counts one level of nesting; leave undoes it.
func (w *rewriter) enter(line int) {
	w.depth++
	w.deepest = max(w.deepest, w.depth)
	if w.depth > w.limits.Nesting {
		w.fail(line, "nested deeper than %d levels", w.limits.Nesting)
	}
	if w.work > compileWork {
		w.fail(line, "too many constants in one function; split the file")
	}
}

func (w *rewriter) leave() { w.depth-- }

// body rewrites the statements of a function or a loop. The memory that one run
// of them requests is charged at their start.
func (w *rewriter) body(stmts []ast.Stmt) []ast.Stmt {
	outer := w.fn.bytes
	w.fn.bytes = 0
	stmts = w.block(stmts)
	if w.fn.bytes > 0 {
		stmts = append([]ast.Stmt{w.spend(w.fn.bytes, stmts)}, stmts...)
	}
	w.fn.bytes = outer
	return stmts
}

// spend returns a statement that charges n bytes.
func (w *rewriter) spend(n int, stmts []ast.Stmt) ast.Stmt {
	line := 1
	if len(stmts) > 0 {
		line = stmts[0].Line()
	}
	arg := &ast.NumberExpr{Value: fmt.Sprint(n)}
	arg.SetLine(line)
	s := &ast.FuncCallStmt{Expr: w.helper(helperSpend, line, arg)}
	s.SetLine(line)
	return s
}

// helper returns a call of a function of helperFuncs.
func (w *rewriter) helper(name string, line int, args ...ast.Expr) *ast.FuncCallExpr {
	w.fn.constant("s" + name)
	id := &ast.IdentExpr{Value: name}
	id.SetLine(line)
	call := &ast.FuncCallExpr{Func: id, Args: args}
	call.SetLine(line)
	return call
}
