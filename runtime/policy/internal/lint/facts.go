package lint

import (
	"bytes"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// facts are what the source of a predicate or hook shows.
type facts struct {
	constant    *bool             // its only result
	results     result            // types of its results
	required    []ast.Expr        // conditions that must hold
	bothAbsent  string            // a label that is compared with a second label
	prefixes    []string          // a key must start with each of them
	param       string            // the name of the request
	text        bool              // its only result is a string
	labels      map[string]string // labels that it requires
	segment     int               // the largest segment that it compares with a label, or with the caller
	unreachable int               // line of a return with statements after it, 0 for none
}

// factsOf returns the facts of a file that loads, by kind and name of the rule, and its
// statements. It finds rules at the top of the file, with a predicate in its place or as a
// local function.
func factsOf(src []byte) (out map[string]facts, stmts []ast.Stmt) {
	out = map[string]facts{}
	defer func() { _ = recover() }() // a defect of the parser costs findings only
	stmts, err := parse.Parse(bytes.NewReader(luascan.AllowUntil(src)), "")
	if err != nil {
		return out, nil
	}
	functions := map[string]*ast.FunctionExpr{}
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			if len(s.Names) == 1 && len(s.Exprs) == 1 {
				if fn, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
					functions[s.Names[0]] = fn
				}
			}
		case *ast.FuncCallStmt:
			if key, fn := declaration(s, functions); fn != nil {
				out[key] = read(fn)
			}
		}
	}
	return out, stmts
}

// declaration returns the kind and name of a rule, and its predicate or hook.
func declaration(s *ast.FuncCallStmt, functions map[string]*ast.FunctionExpr) (key string, fn *ast.FunctionExpr) {
	call, ok := s.Expr.(*ast.FuncCallExpr)
	if !ok || len(call.Args) != 1 {
		return "", nil
	}
	kind, ok1 := call.Func.(*ast.IdentExpr)
	t, ok2 := call.Args[0].(*ast.TableExpr)
	if !ok1 || !ok2 {
		return "", nil
	}
	for _, f := range t.Fields {
		if f.Key == nil {
			if name, ok := f.Value.(*ast.StringExpr); ok && key == "" {
				key = kind.Value + " " + name.Value
			}
			continue
		}
		if name, ok := f.Key.(*ast.StringExpr); !ok || name.Value != "when" && name.Value != "providers" {
			continue
		}
		switch value := f.Value.(type) {
		case *ast.FunctionExpr:
			fn = value
		case *ast.IdentExpr:
			fn = functions[value.Value]
		}
	}
	return key, fn
}

func read(fn *ast.FunctionExpr) facts {
	f := facts{labels: map[string]string{}, unreachable: afterReturn(fn.Stmts), results: resultsOf(fn)}
	if len(fn.ParList.Names) > 0 {
		f.param = fn.ParList.Names[0]
	}
	stmts := fn.Stmts
	for len(stmts) > 0 {
		block, ok := stmts[0].(*ast.DoBlockStmt)
		if !ok {
			break
		}
		stmts = block.Stmts
	}
	if len(stmts) == 0 {
		return f
	}
	ret, ok := stmts[0].(*ast.ReturnStmt)
	if !ok || len(ret.Exprs) != 1 {
		return f
	}
	switch e := ret.Exprs[0].(type) {
	case *ast.StringExpr:
		f.text = true
	default:
		if f.constant = constantResult(e, f.param); f.constant == nil {
			f.bothAbsent = bothAbsent(e, f.param, map[string]bool{})
			f.required = terms(e, "and")
			for _, term := range f.required {
				if prefix := keyPrefix(term, f.param); prefix != "" {
					f.prefixes = append(f.prefixes, prefix)
				}
			}
			f.conjunct(e)
		}
	}
	return f
}

// afterReturn returns the line of a block that ends in a return and is followed by
// more statements, 0 if there is none.
func afterReturn(stmts []ast.Stmt) int {
	for i, s := range stmts {
		if block, ok := s.(*ast.DoBlockStmt); ok && i < len(stmts)-1 && len(block.Stmts) > 0 {
			if ret, ok := block.Stmts[len(block.Stmts)-1].(*ast.ReturnStmt); ok {
				return ret.Line()
			}
		}
	}
	return 0
}

// conjunct reads a condition that must hold.
func (f *facts) conjunct(e ast.Expr) {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		if e.Operator == "and" {
			f.conjunct(e.Lhs)
			f.conjunct(e.Rhs)
		}
	case *ast.RelationalOpExpr:
		if e.Operator == "==" {
			f.equal(e.Lhs, e.Rhs)
			f.equal(e.Rhs, e.Lhs)
		}
	}
}

func (f *facts) equal(a, b ast.Expr) {
	if label := labelOf(a); label != "" {
		if s, ok := b.(*ast.StringExpr); ok {
			f.labels[label] = s.Value
		}
	}
	if n := segmentOf(a); n > 0 && labelOf(b) != "" {
		f.segment = max(f.segment, n)
	}
}

// labelOf returns NAME for PARAMETER.labels.NAME, "" for anything else.
func labelOf(e ast.Expr) string {
	item, ok := e.(*ast.AttrGetExpr)
	if !ok {
		return ""
	}
	labels, ok1 := item.Object.(*ast.AttrGetExpr)
	name, ok2 := item.Key.(*ast.StringExpr)
	if !ok1 || !ok2 {
		return ""
	}
	if field, ok := labels.Key.(*ast.StringExpr); !ok || field.Value != "labels" {
		return ""
	}
	return name.Value
}

// segmentOf returns N for std.segment(..., N), 0 for anything else.
func segmentOf(e ast.Expr) int {
	call, ok := e.(*ast.FuncCallExpr)
	if !ok || len(call.Args) != 2 {
		return 0
	}
	fn, ok := call.Func.(*ast.AttrGetExpr)
	if !ok {
		return 0
	}
	name, ok1 := fn.Key.(*ast.StringExpr)
	number, ok2 := call.Args[1].(*ast.NumberExpr)
	if !ok1 || !ok2 || name.Value != "segment" {
		return 0
	}
	n, err := strconv.Atoi(number.Value)
	if err != nil {
		return 0
	}
	return n
}

// keyPrefix returns PREFIX for std.starts(PARAM.key, PREFIX), "" for anything else.
func keyPrefix(e ast.Expr, param string) string {
	call, ok := e.(*ast.FuncCallExpr)
	if !ok || len(call.Args) != 2 {
		return ""
	}
	fn, ok1 := call.Func.(*ast.AttrGetExpr)
	prefix, ok2 := call.Args[1].(*ast.StringExpr)
	if field, item := requestField(call.Args[0], param); !ok1 || !ok2 || field != "key" || item != "" {
		return ""
	}
	if name, ok := fn.Key.(*ast.StringExpr); !ok || name.Value != "starts" {
		return ""
	}
	return prefix.Value
}
