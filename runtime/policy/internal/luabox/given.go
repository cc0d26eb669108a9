package luabox

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// The interpreter drops a field of a table constructor whose value is nil, and so a
// condition of a rule with it. While a file is loaded, that is an error.

// given rewrites the value of a field or an item of a table constructor. what names
// the field in messages.
func (w *rewriter) given(what string, e ast.Expr) ast.Expr {
	if _, ok := e.(*ast.NilExpr); ok && !w.inPredicate() {
		w.fail(e.Line(), "%.64s is nil; leave it out", what)
	}
	if w.inPredicate() || luascan.NeverNil(e) {
		return w.single(w.expr(e))
	}
	line, text := e.Line(), luascan.Text(e)
	args := []ast.Expr{nil, w.constantText(what, line), w.constantText(text, line)}
	if attr, ok := e.(*ast.AttrGetExpr); ok && text != "" {
		args = append(args, attr.Object, attr.Key)
	}
	args[0] = w.expr(e)
	return w.single(w.helper(helperGiven, line, args...))
}

// constantText returns a constant of at most 64 bytes.
func (w *rewriter) constantText(s string, line int) ast.Expr {
	s = s[:min(len(s), 64)]
	w.fn.constant("s" + s)
	c := &ast.StringExpr{Value: s}
	c.SetLine(line)
	return c
}

// luaGiven returns its first argument. If that is nil, it stops the file. Further
// arguments are what it is the value of, the expression, and, for a member of a
// table, the table and the name of the member.
func luaGiven(L *lua.LState) int {
	v, m := L.Get(1), machineOf(L)
	if v != lua.LNil || m.loader == nil {
		L.Push(v)
		return 1
	}
	file, line := m.place()
	e := &Error{File: file, Line: line, Msg: L.Get(2).String() + " is nil"}
	text := L.Get(3).String()
	t, member := L.Get(4).(*lua.LTable)
	switch {
	case member:
		name := L.Get(5).String()
		e.Msg, e.Hint = fmt.Sprintf("%s: %s has no member %.64q", e.Msg, luascan.Parent(text), name), m.loader.box.hint(name, fieldNames(t))
	case text != "":
		e.Msg += ": " + text + " has no value"
	}
	m.throw(e)
	return 0
}
