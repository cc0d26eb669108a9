package luabox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// The checks of this file reject code that loads and then fails in each call, or can
// never have the result that its author wants.

// recordField returns the field of the record that e reads. item means that e is an
// item of that field.
func (w *rewriter) recordField(e ast.Expr) (field string, item, ok bool) {
	attr, isAttr := e.(*ast.AttrGetExpr)
	if !isAttr {
		if id, isID := e.(*ast.IdentExpr); isID {
			if v := w.fn.find(id.Value); v != nil && v.field != "" {
				return v.field, v.item, true
			}
		}
		return "", false, false
	}
	if id, isID := attr.Object.(*ast.IdentExpr); isID {
		if v := w.fn.find(id.Value); v != nil && v.record {
			key, _ := attr.Key.(*ast.StringExpr)
			if key == nil {
				return "", false, false
			}
			return key.Value, false, true
		}
	}
	if field, item, ok = w.recordField(attr.Object); ok && !item {
		return field, true, true
	}
	return "", false, false
}

// text reports whether e is certainly a string, or nil.
func (w *rewriter) text(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StringExpr, *ast.StringConcatOpExpr:
		return true
	case *ast.FuncCallExpr:
		return e.Func == nil && slices.Contains([]string{"lower", "upper", "sub", "rep", "reverse"}, e.Method) && w.text(e.Receiver)
	default:
		field, item, ok := w.recordField(e)
		return ok && (slices.Contains(w.box.config.Record.Texts, field) || item && slices.Contains(w.box.config.Record.TextItems, field))
	}
}

// checkCall checks constant arguments, and methods of strings.
func (w *rewriter) checkCall(e *ast.FuncCallExpr) {
	if e.Func == nil {
		w.checkMethod(e)
		return
	}
	attr, ok := e.Func.(*ast.AttrGetExpr)
	if !ok {
		return
	}
	name, ok1 := attr.Key.(*ast.StringExpr)
	id, ok2 := attr.Object.(*ast.IdentExpr)
	if !ok1 || !ok2 {
		return
	}
	m := w.moduleOf(id.Value)
	if m == nil {
		return
	}
	if want, ok := m.Args[name.Value]; ok && (len(e.Args) < want[0] || len(e.Args) > want[1]) {
		text := fmt.Sprint(want[0])
		if want[1] > want[0] {
			text = fmt.Sprintf("%d to %d", want[0], want[1])
		}
		w.fail(e.Line(), "%s.%s: want %s arguments, not %d", m.Short, name.Value, text, len(e.Args))
	}
	for i, arg := range e.Args {
		s, ok := arg.(*ast.StringExpr)
		if check := m.Checks[name.Value]; ok && check != nil {
			if err := check(i+1, s.Value); err != nil {
				w.fail(e.Line(), "%s.%s: %s", m.Short, name.Value, err)
			}
		}
		if field, item, known := w.recordField(arg); known && m.Fields != nil {
			w.checkArguments(e, m, name.Value, i, field, item)
		}
	}
}

// checkArguments checks the constants that are given together with a field of the
// record.
func (w *rewriter) checkArguments(e *ast.FuncCallExpr, m *Module, name string, at int, field string, item bool) {
	for i, arg := range e.Args {
		if s, ok := arg.(*ast.StringExpr); ok && i != at {
			if err := m.Fields(name, field, item, s.Value); err != nil {
				w.fail(e.Line(), "%s.%s: %s", m.Short, name, err)
			}
		}
	}
}

// moduleOf returns the built-in module that a variable holds.
func (w *rewriter) moduleOf(variable string) *Module {
	v := w.fn.find(variable)
	if v == nil || v.module == "" {
		return nil
	}
	for i := range w.box.config.Modules {
		if m := &w.box.config.Modules[i]; m.Name == v.module {
			return m
		}
	}
	return nil
}

func (w *rewriter) checkMethod(e *ast.FuncCallExpr) {
	if !w.text(e.Receiver) {
		return
	}
	if _, ok := stringFuncs[e.Method]; ok {
		return
	}
	names := fieldNames(w.modules["string"])
	if instead, ok := w.box.config.Foreign[":"+e.Method]; ok {
		w.fail(e.Line(), "a string has no method %.64q; %s", e.Method, instead)
	}
	w.failName(e.Line(), e.Method, names, "a string has no method %.64q", e.Method)
}

// checkComparison checks a field of the record that is compared with a constant.
func (w *rewriter) checkComparison(e *ast.RelationalOpExpr) {
	if e.Operator != "==" && e.Operator != "~=" {
		return // a wrong type stops the call
	}
	for _, pair := range [2][2]ast.Expr{{e.Lhs, e.Rhs}, {e.Rhs, e.Lhs}} {
		if _, not := pair[0].(*ast.UnaryNotOpExpr); not && neverBool(pair[1]) {
			w.fail(e.Line(), "not belongs to the value before %s, and gives true or false; write not (a == b)", e.Operator)
		}
		if call, ok := pair[0].(*ast.FuncCallExpr); ok && call.Func == nil {
			w.checkCase(call.Method, pair[1])
		}
		field, item, ok := w.recordField(pair[0])
		if !ok || w.box.config.Compare == nil {
			continue
		}
		var err error
		switch constant := pair[1].(type) {
		case *ast.StringExpr:
			err = w.box.config.Compare(field, !item, e.Operator, constant.Value)
		case *ast.NilExpr:
			if !item {
				err = fmt.Errorf("it is never nil")
			}
		case *ast.NumberExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.TableExpr:
			if w.text(pair[0]) {
				err = fmt.Errorf("it is a string; write the constant in quotes")
			}
		}
		if err != nil {
			w.fail(e.Line(), "%s.%s: %s", w.box.config.Record.Short, field, err)
		}
	}
}

// checkCase checks a constant that is compared with the result of lower or upper.
func (w *rewriter) checkCase(method string, e ast.Expr) {
	change := map[string]func(string) string{"lower": strings.ToLower, "upper": strings.ToUpper}[method]
	if s, ok := e.(*ast.StringExpr); ok && change != nil && change(s.Value) != s.Value {
		w.fail(e.Line(), "%s never gives %.64q, which has letters of the other case", method, s.Value)
	}
}

// neverBool reports whether e is a constant that is neither true nor false.
func neverBool(e ast.Expr) bool {
	switch e.(type) {
	case *ast.StringExpr, *ast.NumberExpr, *ast.NilExpr:
		return true
	}
	return false
}

// checkIndex checks a constant name of an item.
func (w *rewriter) checkIndex(e *ast.AttrGetExpr) {
	key, ok := e.Key.(*ast.StringExpr)
	if !ok || w.box.config.Compare == nil {
		return
	}
	if field, item, known := w.recordField(e.Object); known && !item {
		if err := w.box.config.Compare(field, false, ".", key.Value); err != nil {
			w.fail(e.Line(), "%s.%s: %s", w.box.config.Record.Short, field, err)
		}
	}
}
