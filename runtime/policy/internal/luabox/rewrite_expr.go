package luabox

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// Estimates of what the interpreter allocates, in bytes.
const (
	costTable   = 128
	costField   = 100
	costItem    = 32
	costClosure = 256
)

const (
	maxLocals    = 200  // of one function; a limit of the compiler
	maxFunctions = 2500 // of one file; the compiler needs about 10 KiB for each
	// shortList is the length of the longest list constructor that may contain
	// nil. The interpreter finds the length of a list by stepping over the nils
	// at its end, all in one instruction.
	shortList = 32
)

func (w *rewriter) exprs(es []ast.Expr) {
	for i, e := range es {
		es[i] = w.expr(e)
	}
}

func (w *rewriter) expr(e ast.Expr) ast.Expr {
	w.enter(e.Line())
	defer w.leave()
	switch e := e.(type) {
	case *ast.TrueExpr, *ast.FalseExpr, *ast.NilExpr:
	case *ast.NumberExpr:
		w.fn.constant("n" + e.Value)
	case *ast.StringExpr:
		w.constantString(e)
		w.fn.constant("s" + e.Value)
	case *ast.IdentExpr:
		w.ident(e)
	case *ast.AttrGetExpr:
		w.attr(e)
	case *ast.TableExpr:
		return w.table(e)
	case *ast.FuncCallExpr:
		w.call(e)
	case *ast.LogicalOpExpr:
		if !w.inPredicate() && luascan.AlwaysTrue(e.Lhs) {
			w.fail(e.Lhs.Line(), "Lua takes only one of the two sides of %s after a constant; write a list: { \"a\", \"b\" }", e.Operator)
		}
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.RelationalOpExpr:
		return w.relation(e)
	case *ast.StringConcatOpExpr:
		return w.concat(e)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		e.Expr = w.expr(e.Expr)
	case *ast.FunctionExpr:
		w.function(e, w.predicates[e])
	default:
		w.fail(e.Line(), "variable arguments (...) are not supported")
	}
	return e
}

func (w *rewriter) ident(e *ast.IdentExpr) {
	if v := w.fn.find(e.Value); v != nil {
		v.used = true
		return
	}
	if !slices.Contains(w.globals, e.Value) {
		w.undefined(e)
	}
	w.fn.constant("s" + e.Value)
}

func (w *rewriter) undefined(e *ast.IdentExpr) {
	if instead, ok := w.box.config.Foreign[e.Value]; ok {
		w.fail(e.Line(), "undefined variable %.64q; %s", e.Value, instead)
	}
	w.failName(e.Line(), e.Value, append(w.fn.visible(), w.globals...), "undefined variable %.64q", e.Value)
}

// attr checks a field that is read from a known table.
func (w *rewriter) attr(e *ast.AttrGetExpr) {
	if id, ok := e.Object.(*ast.IdentExpr); ok {
		if key, ok := e.Key.(*ast.StringExpr); ok {
			w.knownField(id, key)
		}
	}
	w.checkIndex(e)
	e.Object, e.Key = w.expr(e.Object), w.expr(e.Key)
}

func (w *rewriter) knownField(id *ast.IdentExpr, key *ast.StringExpr) {
	var names []string
	what := id.Value
	v := w.fn.find(id.Value)
	switch {
	case v == nil && w.modules[id.Value] != nil:
		names = fieldNames(w.modules[id.Value])
	case v != nil && v.module != "" && w.modules[v.module] != nil:
		what, names = v.module, fieldNames(w.modules[v.module])
	case v != nil && v.record:
		what, names = w.box.config.Record.Name, w.box.config.Record.Fields
	default:
		return
	}
	if !slices.Contains(names, key.Value) {
		if instead, ok := w.box.config.Foreign[id.Value+"."+key.Value]; ok {
			w.fail(key.Line(), "%s has no field %.64q; %s", what, key.Value, instead)
		}
		w.failName(key.Line(), key.Value, names, "%s has no field %.64q", what, key.Value)
	}
}

func (w *rewriter) table(e *ast.TableExpr) ast.Expr {
	if len(e.Fields) > w.limits.List {
		w.fail(e.Line(), "a table has more than %d items", w.limits.List)
	}
	w.fn.bytes += costTable
	items := 0
	seen := make(map[string]bool, len(e.Fields))
	for _, f := range e.Fields {
		if f.Key == nil {
			items++
			w.fn.bytes += costItem
			f.Value = w.given(fmt.Sprintf("item %d", items), f.Value)
			continue
		}
		key, ok := f.Key.(*ast.StringExpr)
		if !ok {
			w.fail(f.Key.Line(), "a computed table key; want a name or a quoted name")
		}
		if seen[key.Value] {
			w.fail(key.Line(), "field %.64q is given twice", key.Value)
		}
		seen[key.Value] = true
		w.fn.bytes += costField
		// single, because the compiler takes a call in the last field for one
		// that fills the rest of the list, even if the field has a name.
		f.Key, f.Value = w.expr(f.Key), w.given(key.Value, f.Value)
	}
	if items <= shortList {
		return e
	}
	count := &ast.NumberExpr{Value: strconv.Itoa(items)}
	count.SetLine(e.Line())
	return w.helper(helperList, e.Line(), e, count)
}

func (w *rewriter) call(e *ast.FuncCallExpr) {
	if t := w.declaration(e); t != nil {
		w.markPredicates(t)
	}
	w.checkCall(e)
	if e.Func != nil {
		e.Func = w.expr(e.Func)
	} else {
		w.fn.constant("s" + e.Method)
		e.Receiver = w.expr(e.Receiver)
	}
	w.exprs(e.Args)
}

// declaration returns the table of a call that declares something, or nil.
func (w *rewriter) declaration(e *ast.FuncCallExpr) *ast.TableExpr {
	id, ok := e.Func.(*ast.IdentExpr)
	if !ok || len(e.Args) != 1 || !slices.Contains(w.box.config.Declare, id.Value) || w.fn.find(id.Value) != nil {
		return nil
	}
	t, _ := e.Args[0].(*ast.TableExpr)
	return t
}

// markPredicates notes which functions in a declaration are predicates.
func (w *rewriter) markPredicates(declaration *ast.TableExpr) {
	for _, f := range declaration.Fields {
		if key, ok := f.Key.(*ast.StringExpr); ok && slices.Contains(w.box.config.Predicates, key.Value) {
			switch value := f.Value.(type) {
			case *ast.FunctionExpr:
				w.predicates[value] = true
			case *ast.IdentExpr:
				w.named[value.Value] = true
			}
		}
	}
}

// namePredicates notes the variables that declarations at the top of a file pass as
// predicates: a function of such a name is checked like one that is written inline.
func (w *rewriter) namePredicates(stmts []ast.Stmt) {
	for _, s := range stmts {
		if call, ok := s.(*ast.FuncCallStmt); ok {
			if e, ok := call.Expr.(*ast.FuncCallExpr); ok {
				if t := w.declaration(e); t != nil {
					w.markPredicates(t)
				}
			}
		}
	}
}

// relation turns comparisons into calls of helpers, because comparing long
// strings is more work than one instruction. A comparison with a number constant
// is not.
func (w *rewriter) relation(e *ast.RelationalOpExpr) ast.Expr {
	w.checkComparison(e)
	_, num1 := e.Lhs.(*ast.NumberExpr)
	_, num2 := e.Rhs.(*ast.NumberExpr)
	e.Lhs, e.Rhs = w.expr(e.Lhs), w.expr(e.Rhs)
	names := map[string]string{"<": helperLT, "<=": helperLE, ">": helperGT, ">=": helperGE}
	name, ordered := names[e.Operator]
	if !ordered || num1 || num2 {
		return e
	}
	return w.helper(name, e.Line(), e.Lhs, e.Rhs)
}

// concat turns a chain of ".." into one call of the helper.
func (w *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	parts := []ast.Expr{w.expr(e.Lhs)}
	rest := e.Rhs
	for {
		next, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		parts = append(parts, w.expr(next.Lhs))
		rest = next.Rhs
		if len(parts) > w.limits.Nesting {
			w.fail(e.Line(), "more than %d parts are joined with ..", w.limits.Nesting)
		}
	}
	return w.helper(helperCat, e.Line(), append(parts, w.single(w.expr(rest)))...)
}

// single makes a call at the end of a list return exactly one value.
func (w *rewriter) single(e ast.Expr) ast.Expr {
	if call, ok := e.(*ast.FuncCallExpr); ok {
		call.AdjustRet = true
	}
	return e
}

// function rewrites a function body.
func (w *rewriter) function(e *ast.FunctionExpr, predicate bool) {
	if e.ParList.HasVargs {
		w.fail(e.Line(), "variable arguments (...) are not supported")
	}
	if predicate && len(e.ParList.Names) > 1 {
		w.fail(e.Line(), "%.64q is always nil: a predicate is called with the request alone", e.ParList.Names[1])
	}
	if w.functions++; w.functions > maxFunctions {
		w.fail(e.Line(), "more than %d functions in one file", maxFunctions)
	}
	w.fn.bytes += costClosure
	w.fn = &function{outer: w.fn, constants: map[string]int{}, work: &w.work, predicate: predicate}
	loops := w.loops
	w.loops = 0
	w.fn.open()
	for i, name := range e.ParList.Names {
		w.checkLocals(e.Line(), name)
		w.fn.declare(&local{name: name, line: e.Line(), quiet: true, record: predicate && i == 0})
	}
	e.Stmts = w.body(e.Stmts)
	w.closeScope()
	w.loops = loops
	w.fn = w.fn.outer
}
