package lint

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// result is a set of types that an expression may have.
type result uint8

const (
	isBool  result = 1 << iota
	isNil          // an error as the result of a predicate, like isOther
	isOther        // a string, a number, a table or a function
	isUnknown
)

// resultsOf returns the types of the results of a predicate.
func resultsOf(fn *ast.FunctionExpr) result {
	param := ""
	if len(fn.ParList.Names) > 0 {
		param = fn.ParList.Names[0]
	}
	all, ends := returned(fn.Stmts, param)
	if !ends {
		all |= isNil
	}
	return all
}

// returned returns the types of the results of statements, and whether they certainly
// return or stop.
func returned(stmts []ast.Stmt, param string) (all result, ends bool) {
	for _, s := range stmts {
		var one result
		switch s := s.(type) {
		case *ast.ReturnStmt:
			one, ends = isNil, true
			if len(s.Exprs) > 0 {
				one = resultOf(s.Exprs[0], param)
			}
		case *ast.DoBlockStmt:
			one, ends = returned(s.Stmts, param)
		case *ast.IfStmt:
			then, ends1 := returned(s.Then, param)
			other, ends2 := returned(s.Else, param)
			one, ends = then|other, ends1 && ends2
		case *ast.WhileStmt:
			one, _ = returned(s.Stmts, param)
		case *ast.RepeatStmt:
			one, ends = returned(s.Stmts, param)
		case *ast.NumberForStmt:
			one, _ = returned(s.Stmts, param)
		case *ast.GenericForStmt:
			one, _ = returned(s.Stmts, param)
		case *ast.FuncCallStmt:
			if call, ok := s.Expr.(*ast.FuncCallExpr); ok {
				id, ok := call.Func.(*ast.IdentExpr)
				ends = ok && id.Value == "error"
			}
		}
		if all |= one; ends {
			return all, true
		}
	}
	return all, false
}

func resultOf(e ast.Expr, param string) result {
	switch e := e.(type) {
	case *ast.TrueExpr, *ast.FalseExpr, *ast.RelationalOpExpr, *ast.UnaryNotOpExpr:
		return isBool
	case *ast.NilExpr:
		return isNil
	case *ast.StringExpr, *ast.NumberExpr, *ast.TableExpr, *ast.FunctionExpr, *ast.StringConcatOpExpr,
		*ast.ArithmeticOpExpr, *ast.UnaryMinusOpExpr, *ast.UnaryLenOpExpr:
		return isOther
	case *ast.LogicalOpExpr:
		left, right := resultOf(e.Lhs, param), resultOf(e.Rhs, param)
		if e.Operator == "and" {
			return left&(isBool|isNil|isUnknown) | right
		}
		return left&^isNil | right
	case *ast.AttrGetExpr:
		field, item := requestField(e, param)
		switch {
		case field == "":
		case item == "":
			return isOther
		case field == "labels":
			return isOther | isNil
		case field == "roles":
			return isBool | isNil
		}
	}
	return isUnknown
}

// requestField returns FIELD and ITEM for PARAM.FIELD.ITEM, and FIELD for PARAM.FIELD.
func requestField(e ast.Expr, param string) (field, item string) {
	attr, ok := e.(*ast.AttrGetExpr)
	if !ok || param == "" {
		return "", ""
	}
	key, ok := attr.Key.(*ast.StringExpr)
	if !ok {
		return "", ""
	}
	switch object := attr.Object.(type) {
	case *ast.IdentExpr:
		if object.Value == param {
			return key.Value, ""
		}
	case *ast.AttrGetExpr:
		if field, deeper := requestField(object, param); field == "labels" || field == "roles" {
			if deeper == "" {
				return field, key.Value
			}
		}
	}
	return "", ""
}

// comparison returns the subject, such as "op" or "labels.env", and the constant of a
// comparison with operator.
func comparison(e ast.Expr, operator, param string) (subject, constant string) {
	rel, ok := e.(*ast.RelationalOpExpr)
	if !ok || rel.Operator != operator {
		return "", ""
	}
	for _, pair := range [2][2]ast.Expr{{rel.Lhs, rel.Rhs}, {rel.Rhs, rel.Lhs}} {
		field, item := requestField(pair[0], param)
		s, ok := pair[1].(*ast.StringExpr)
		if field != "" && ok {
			return field + "." + item, s.Value
		}
	}
	return "", ""
}

// bothAbsent returns a label, such as "labels.team", that a condition compares with a
// second label by ==, "" if there is none. set holds the labels that were tested before.
func bothAbsent(e ast.Expr, param string, set map[string]bool) string {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		inner := set
		if e.Operator == "or" {
			inner = map[string]bool{}
		}
		if found := bothAbsent(e.Lhs, param, inner); found != "" {
			return found
		}
		return bothAbsent(e.Rhs, param, inner)
	case *ast.AttrGetExpr:
		if field, item := requestField(e, param); item != "" {
			set[field+"."+item] = true
		}
	case *ast.RelationalOpExpr:
		for _, side := range []ast.Expr{e.Lhs, e.Rhs} { // == "x" and ~= nil test it, too
			_, constant := comparison(e, "==", param)
			_, isNil := e.Rhs.(*ast.NilExpr)
			if field, item := requestField(side, param); item != "" && (constant != "" || isNil && e.Operator == "~=") {
				set[field+"."+item] = true
			}
		}
		field1, item1 := requestField(e.Lhs, param)
		field2, item2 := requestField(e.Rhs, param)
		one, two := field1+"."+item1, field2+"."+item2
		if e.Operator == "==" && item1 != "" && item2 != "" && !set[one] && !set[two] {
			return one
		}
	}
	return ""
}

// constantResult returns the only value that a condition can have, nil if there are two.
func constantResult(e ast.Expr, param string) *bool {
	yes, no := true, false
	switch e := e.(type) {
	case *ast.TrueExpr:
		return &yes
	case *ast.FalseExpr:
		return &no
	case *ast.LogicalOpExpr:
		left, right := constantResult(e.Lhs, param), constantResult(e.Rhs, param)
		operator, decisive := "==", &no
		if e.Operator == "or" {
			operator, decisive = "~=", &yes
		}
		for _, side := range []*bool{left, right} {
			if side != nil && *side == *decisive {
				return decisive
			}
		}
		if left != nil && right != nil {
			return right
		}
		if opposed(terms(e, e.Operator), operator, param) {
			return decisive
		}
	}
	return nil
}

// terms returns the operands of a chain of and, or of or.
func terms(e ast.Expr, operator string) []ast.Expr {
	if l, ok := e.(*ast.LogicalOpExpr); ok && l.Operator == operator {
		return append(terms(l.Lhs, operator), terms(l.Rhs, operator)...)
	}
	return []ast.Expr{e}
}

// opposed reports whether terms compare one subject with two constants.
func opposed(list []ast.Expr, operator, param string) bool {
	seen := map[string]string{}
	return slices.ContainsFunc(list, func(e ast.Expr) bool {
		subject, constant := comparison(e, operator, param)
		before, ok := seen[subject]
		seen[subject] = constant
		return subject != "" && ok && before != constant
	})
}

// contradicts returns which of the other conditions of r never holds together with
// what its predicate requires, "" for none.
func (r *Rule) contradicts(required []ast.Expr, param string) string {
	for _, e := range required {
		subject, constant := comparison(e, "==", param)
		switch {
		case subject == "op." && r.Ops&opBits[constant] == 0:
			return "ops"
		case subject == "key." && !r.Keys.Match(constant):
			return "keys"
		case subject == "caller." && len(r.Callers) > 0 && !r.Callers.Match(constant):
			return "callers"
		}
		if rel, ok := e.(*ast.RelationalOpExpr); ok && rel.Operator == "==" {
			if _, ok := rel.Rhs.(*ast.TrueExpr); ok {
				e = rel.Lhs
			}
		}
		if field, role := requestField(e, param); field == "roles" && role != "" && r.NoRoles.Match(role) {
			return "roles"
		}
	}
	return ""
}

// opBits are the bits of [Rule].Ops for each operation that a predicate sees.
var opBits = map[string]uint8{"get": 1, "set": 1<<1 | 1<<5 | 1<<6, "delete": 1 << 2, "keys": 1 << 3, "watch": 1 << 4}
