package luascan

import "github.com/yuin/gopher-lua/ast"

// NeverNil reports whether e certainly has a value.
func NeverNil(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.TrueExpr, *ast.FalseExpr, *ast.NumberExpr, *ast.StringExpr, *ast.TableExpr, *ast.FunctionExpr,
		*ast.StringConcatOpExpr, *ast.ArithmeticOpExpr, *ast.RelationalOpExpr,
		*ast.UnaryMinusOpExpr, *ast.UnaryNotOpExpr, *ast.UnaryLenOpExpr:
		return true
	case *ast.LogicalOpExpr:
		return NeverNil(e.Rhs) && (e.Operator == "or" || NeverNil(e.Lhs))
	}
	return false
}

// Text returns the source of a variable, of a member with a constant name, or of
// a call of either without its arguments; "" for anything else.
func Text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return e.Value
	case *ast.AttrGetExpr:
		key, ok := e.Key.(*ast.StringExpr)
		object := pathText(e.Object)
		if !ok || object == "" {
			return ""
		}
		return object + "." + key.Value
	case *ast.FuncCallExpr:
		if name := pathText(e.Func); name != "" {
			return name + "()"
		}
	}
	return ""
}

// pathText is like Text, without calls.
func pathText(e ast.Expr) string {
	switch e.(type) {
	case *ast.IdentExpr, *ast.AttrGetExpr:
		return Text(e)
	}
	return ""
}

// Parent returns a path without its last member.
func Parent(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i]
		}
	}
	return path
}

// AlwaysTrue reports whether an expression certainly has a value that counts as true
// and is not the result of a test: a string, number, table or function.
func AlwaysTrue(e ast.Expr) bool {
	switch e.(type) {
	case *ast.StringExpr, *ast.StringConcatOpExpr, *ast.NumberExpr, *ast.ArithmeticOpExpr, *ast.UnaryMinusOpExpr, *ast.UnaryLenOpExpr, *ast.TableExpr, *ast.FunctionExpr:
		return true
	}
	return false
}
