package luabox

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// block rewrites statements in a new scope.
func (w *rewriter) block(stmts []ast.Stmt) []ast.Stmt {
	w.fn.open()
	for i, s := range stmts {
		if i > 0 && w.fn.outer == nil && ends(stmts[i-1]) {
			w.fail(s.Line(), "never reached: the file ends in line %d", stmts[i-1].Line())
		}
		stmts[i] = w.stmt(s)
	}
	w.closeScope()
	return stmts
}

// ends reports whether a statement certainly leaves the function.
func ends(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.DoBlockStmt:
		return len(s.Stmts) > 0 && ends(s.Stmts[len(s.Stmts)-1])
	case *ast.IfStmt:
		return len(s.Then) > 0 && len(s.Else) > 0 && ends(s.Then[len(s.Then)-1]) && ends(s.Else[len(s.Else)-1])
	}
	return false
}

// closeScope ends a scope and warns of local variables that were not used.
func (w *rewriter) closeScope() {
	for _, v := range w.fn.blocks[len(w.fn.blocks)-1] {
		if !v.used && !v.quiet && v.name[0] != '_' {
			w.warn("unused-local", v.line, "local %.64q is never used", v.name)
		}
	}
	w.fn.close()
}

func (w *rewriter) stmt(s ast.Stmt) ast.Stmt {
	w.enter(s.Line())
	defer w.leave()
	switch s := s.(type) {
	case *ast.LocalAssignStmt:
		return w.localAssign(s)
	case *ast.AssignStmt:
		return w.assign(s)
	case *ast.FuncCallStmt:
		s.Expr = w.expr(s.Expr)
	case *ast.DoBlockStmt:
		s.Stmts = w.block(s.Stmts)
	case *ast.IfStmt:
		s.Condition = w.expr(s.Condition)
		s.Then = w.block(s.Then)
		s.Else = w.block(s.Else)
	case *ast.ReturnStmt:
		w.exprs(s.Exprs)
	case *ast.FuncDefStmt:
		return w.funcDef(s)
	case *ast.BreakStmt:
		if w.loops == 0 {
			w.fail(s.Line(), "break outside a loop")
		}
	case *ast.WhileStmt, *ast.RepeatStmt, *ast.NumberForStmt, *ast.GenericForStmt:
		w.loop(s)
	default:
		w.fail(s.Line(), "goto and labels are not supported")
	}
	return s
}

func (w *rewriter) loop(s ast.Stmt) {
	if w.inPredicate() {
		w.warn("when-loop", s.Line(), "a loop in a predicate costs time on each request; prefer a declared condition")
	}
	w.loops++
	defer func() { w.loops-- }()
	switch s := s.(type) {
	case *ast.WhileStmt:
		// The condition moves into the body: if it builds a table, it does so
		// in each iteration, and must be charged each time.
		s.Stmts = w.body(append([]ast.Stmt{guard(s.Condition, s.Line())}, s.Stmts...))
		s.Condition = &ast.TrueExpr{}
		s.Condition.SetLine(s.Line())
	case *ast.RepeatStmt:
		w.repeat(s)
	case *ast.NumberForStmt:
		s.Init, s.Limit = w.expr(s.Init), w.expr(s.Limit)
		if s.Step != nil {
			s.Step = w.expr(s.Step)
		}
		w.loopBody(&s.Stmts, s.Line(), s.Name)
	case *ast.GenericForStmt:
		w.exprs(s.Exprs)
		w.loopBody(&s.Stmts, s.Line(), s.Names...)
	}
}

// guard returns "if not (cond) then break end".
func guard(cond ast.Expr, line int) ast.Stmt {
	not := &ast.UnaryNotOpExpr{Expr: cond}
	not.SetLine(line)
	brk := &ast.BreakStmt{}
	brk.SetLine(line)
	s := &ast.IfStmt{Condition: not, Then: []ast.Stmt{brk}}
	s.SetLine(line)
	return s
}

func (w *rewriter) loopBody(stmts *[]ast.Stmt, line int, names ...string) {
	w.fn.open()
	for _, name := range names {
		w.checkLocals(line, name)
		w.fn.declare(&local{name: name, line: line, quiet: true})
	}
	*stmts = w.body(*stmts)
	w.closeScope()
}

// repeat rewrites a repeat loop, whose condition is in the scope of the body.
func (w *rewriter) repeat(s *ast.RepeatStmt) {
	outer := w.fn.bytes
	w.fn.bytes = 0
	w.fn.open()
	for i, st := range s.Stmts {
		s.Stmts[i] = w.stmt(st)
	}
	s.Condition = w.expr(s.Condition)
	w.closeScope()
	if w.fn.bytes > 0 {
		s.Stmts = append([]ast.Stmt{w.spend(w.fn.bytes, s.Stmts)}, s.Stmts...)
	}
	w.fn.bytes = outer
}

func (w *rewriter) localAssign(s *ast.LocalAssignStmt) ast.Stmt {
	_, isFunc := soleExpr(s.Exprs).(*ast.FunctionExpr)
	if isFunc && len(s.Names) == 1 { // the function may call itself
		w.declareLocal(s.Names[0], s.Line(), nil)
		if w.named[s.Names[0]] {
			w.predicates[s.Exprs[0].(*ast.FunctionExpr)] = true
		}
		w.exprs(s.Exprs)
		return s
	}
	w.exprs(s.Exprs)
	for i, name := range s.Names {
		var value ast.Expr
		if i < len(s.Exprs) {
			value = s.Exprs[i]
		}
		w.declareLocal(name, s.Line(), value)
	}
	return s
}

func (w *rewriter) declareLocal(name string, line int, value ast.Expr) {
	w.checkLocals(line, name)
	if v := w.fn.find(name); v != nil && v.owner == w.fn && v.name[0] != '_' {
		w.warn("hidden-local", line, "local %.64q hides the one in line %d", name, v.line)
	}
	v := &local{name: name, line: line, module: requiredModule(value)}
	v.field, v.item, _ = w.recordField(value)
	w.fn.declare(v)
}

// checkLocals fails if the function has too many local variables, or if the name is that
// of a declaration: a local "deny" would hide the function that later rules call.
func (w *rewriter) checkLocals(line int, name string) {
	if slices.Contains(w.box.config.Declare, name) {
		w.fail(line, "a local may not be named %.64s, which declares", name)
	}
	if w.fn.active >= maxLocals {
		w.fail(line, "more than %d local variables in one function", maxLocals)
	}
}

// requiredModule returns NAME for the expression require "NAME".
func requiredModule(e ast.Expr) string {
	call, ok := e.(*ast.FuncCallExpr)
	if !ok || len(call.Args) != 1 {
		return ""
	}
	fn, ok1 := call.Func.(*ast.IdentExpr)
	arg, ok2 := call.Args[0].(*ast.StringExpr)
	if !ok1 || !ok2 || fn.Value != "require" {
		return ""
	}
	return arg.Value
}

func soleExpr(es []ast.Expr) ast.Expr {
	if len(es) == 1 {
		return es[0]
	}
	return nil
}

func (w *rewriter) assign(s *ast.AssignStmt) ast.Stmt {
	for _, target := range s.Lhs {
		if id, ok := target.(*ast.IdentExpr); ok {
			w.assignable(id)
			continue
		}
		if len(s.Lhs) > 1 || len(s.Rhs) > 1 {
			w.fail(s.Line(), "more than one field in an assignment; assign them one by one")
		}
	}
	target, ok := s.Lhs[0].(*ast.AttrGetExpr)
	if !ok {
		w.exprs(s.Rhs)
		return s
	}
	return w.setField(s.Line(), target, s.Rhs[0])
}

func (w *rewriter) assignable(id *ast.IdentExpr) {
	v := w.fn.find(id.Value)
	if v == nil {
		w.fail(id.Line(), "globals are read-only (tried to set %.64q); write local %.64s", id.Value, id.Value)
	}
	v.module, v.field = "", ""
}

func (w *rewriter) setField(line int, target *ast.AttrGetExpr, value ast.Expr) ast.Stmt {
	w.constantString(target.Key)
	call := w.helper(helperSet, line, w.expr(target.Object), w.expr(target.Key), w.expr(value))
	s := &ast.FuncCallStmt{Expr: call}
	s.SetLine(line)
	return s
}

// constantString checks the length of a string constant.
func (w *rewriter) constantString(e ast.Expr) {
	if s, ok := e.(*ast.StringExpr); ok && len(s.Value) > w.limits.String {
		w.fail(e.Line(), "string longer than %d bytes", w.limits.String)
	}
}

func (w *rewriter) funcDef(s *ast.FuncDefStmt) ast.Stmt {
	if s.Name.Func == nil {
		w.fail(s.Line(), "methods are not supported; write function t.name(self)")
	}
	switch target := s.Name.Func.(type) {
	case *ast.AttrGetExpr:
		return w.setField(s.Line(), target, s.Func)
	case *ast.IdentExpr:
		if w.fn.find(target.Value) == nil {
			w.fail(s.Line(), "globals are read-only; write local function %.64s", target.Value)
		}
		w.assignable(target)
	}
	w.expr(s.Func)
	return s
}

func (w *rewriter) inPredicate() bool {
	for f := w.fn; f != nil; f = f.outer {
		if f.predicate {
			return true
		}
	}
	return false
}
