package luascan

import "github.com/yuin/gopher-lua/ast"

// groupSize is the largest number of calls that share a function.
const groupSize = 32

// Group wraps runs of consecutive calls at the top level of a file in functions.
// A file of declarations consists mostly of such calls. The compiler searches
// the constants of each function linearly, so in one function the load time
// would grow with the square of the number of declarations.
func Group(stmts []ast.Stmt) []ast.Stmt {
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

// inFunction returns (function() stmts end)().
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
