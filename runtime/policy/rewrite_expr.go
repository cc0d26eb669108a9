package policy

import (
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"

	"github.com/postern-project/postern/runtime/suggest"
)

// Rough sizes of what the interpreter allocates, in bytes.
const (
	costTable   = 128
	costField   = 100
	costItem    = 32
	costClosure = 256
)

const (
	maxLocals    = 200  // of one function, as the compiler has it
	maxFunctions = 2500 // of one file: each takes the compiler some 10 KiB
	// shortList is the longest list that may hold nil. The length of a list is
	// found by stepping over the nils at its end, in one instruction.
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
		w.fail(e.Line(), "... is not supported")
	}
	return e
}

func (w *rewriter) ident(e *ast.IdentExpr) {
	if v := w.fn.find(e.Value); v != nil {
		v.used = true
		return
	}
	if !slices.Contains(w.globals, e.Value) {
		known := append(w.fn.visible(), w.globals...)
		w.failHint(e.Line(), suggest.Closest(e.Value, known), "undefined variable %s", quote(e.Value))
	}
	w.fn.constant("s" + e.Value)
}

// attr checks a field that is read from something known.
func (w *rewriter) attr(e *ast.AttrGetExpr) {
	if id, ok := e.Object.(*ast.IdentExpr); ok {
		if key, ok := e.Key.(*ast.StringExpr); ok {
			w.knownField(id, key)
		}
	}
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
	case v != nil && v.request:
		what, names = "the request", requestFields
	default:
		return
	}
	if !slices.Contains(names, key.Value) {
		w.failHint(key.Line(), suggest.Closest(key.Value, names), "%s has no field %s", what, quote(key.Value))
	}
}

func (w *rewriter) table(e *ast.TableExpr) ast.Expr {
	if len(e.Fields) > w.limits.List {
		w.fail(e.Line(), "a table of more than %d items", w.limits.List)
	}
	w.fn.bytes += costTable
	items := 0
	seen := make(map[string]bool, len(e.Fields))
	for _, f := range e.Fields {
		if f.Key == nil {
			items++
			w.fn.bytes += costItem
			f.Value = w.single(w.expr(f.Value))
			continue
		}
		key, ok := f.Key.(*ast.StringExpr)
		if !ok {
			w.fail(f.Key.Line(), "a computed key in a table; only names and quoted names are supported")
		}
		if seen[key.Value] {
			w.fail(key.Line(), "field %s is given twice", quote(key.Value))
		}
		seen[key.Value] = true
		w.fn.bytes += costField
		// The compiler takes a call in the last field for one that fills the
		// list, even behind a name; hence single.
		f.Key, f.Value = w.expr(f.Key), w.single(w.expr(f.Value))
	}
	if items <= shortList {
		return e
	}
	count := &ast.NumberExpr{Value: strconv.Itoa(items)}
	count.SetLine(e.Line())
	return w.helper(helperList, e.Line(), e, count)
}

func (w *rewriter) call(e *ast.FuncCallExpr) {
	if id, ok := e.Func.(*ast.IdentExpr); ok && w.fn.find(id.Value) == nil && len(e.Args) == 1 {
		if rule, ok := e.Args[0].(*ast.TableExpr); ok && slices.Contains(kindNames[:], id.Value) {
			w.markPredicates(rule)
		}
	}
	if e.Func != nil {
		e.Func = w.expr(e.Func)
	} else {
		w.fn.constant("s" + e.Method)
		e.Receiver = w.expr(e.Receiver)
	}
	w.exprs(e.Args)
}

// markPredicates finds functions that run per request.
func (w *rewriter) markPredicates(rule *ast.TableExpr) {
	for _, f := range rule.Fields {
		key, ok := f.Key.(*ast.StringExpr)
		fn, isFunc := f.Value.(*ast.FunctionExpr)
		if ok && isFunc && (key.Value == "when" || key.Value == "providers") {
			w.predicates[fn] = true
		}
	}
}

// relation turns comparisons into helpers, since comparing long strings is
// work that instructions do not show. Against a number there is no such work.
func (w *rewriter) relation(e *ast.RelationalOpExpr) ast.Expr {
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

// concat turns a chain of ".." into one call of the bounded helper.
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
			w.fail(e.Line(), "more than %d parts joined with ..", w.limits.Nesting)
		}
	}
	return w.helper(helperCat, e.Line(), append(parts, w.single(w.expr(rest)))...)
}

// single keeps a call at the end of a list from giving several values.
func (w *rewriter) single(e ast.Expr) ast.Expr {
	if call, ok := e.(*ast.FuncCallExpr); ok {
		call.AdjustRet = true
	}
	return e
}

// function rewrites a function body in a scope of its own.
func (w *rewriter) function(e *ast.FunctionExpr, predicate bool) {
	if e.ParList.HasVargs {
		w.fail(e.Line(), "... is not supported")
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
		w.room(e.Line())
		w.fn.declare(&local{name: name, line: e.Line(), quiet: true, request: predicate && i == 0})
	}
	e.Stmts = w.body(e.Stmts)
	w.closeScope()
	w.loops = loops
	w.fn = w.fn.outer
}
