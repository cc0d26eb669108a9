package policy

import "github.com/yuin/gopher-lua/ast"

// groupSize is the number of calls at the top of a file that share a function.
const groupSize = 32

// group puts runs of calls at the top of a file, which is what a policy
// mostly is, into functions of their own. The compiler looks constants up in
// a list per function; in one function, names and keys of many rules would
// make loading take the square of their number.
func group(stmts []ast.Stmt) []ast.Stmt {
	out := make([]ast.Stmt, 0, len(stmts))
	for len(stmts) > 0 {
		n := 0
		for n < len(stmts) && n < groupSize {
			if _, ok := stmts[n].(*ast.FuncCallStmt); !ok {
				break
			}
			n++
		}
		if n < 2 {
			out = append(out, stmts[0])
			stmts = stmts[1:]
			continue
		}
		out = append(out, inFunction(stmts[:n:n]))
		stmts = stmts[n:]
	}
	return out
}

// inFunction is (function() stmts end)().
func inFunction(stmts []ast.Stmt) ast.Stmt {
	first, last := stmts[0].Line(), stmts[len(stmts)-1].Line()
	fn := &ast.FunctionExpr{ParList: &ast.ParList{Names: []string{}}, Stmts: stmts}
	fn.SetLine(first)
	fn.SetLastLine(last)
	call := &ast.FuncCallExpr{Func: fn}
	call.SetLine(first)
	s := &ast.FuncCallStmt{Expr: call}
	s.SetLine(first)
	return s
}
