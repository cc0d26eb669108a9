package lint

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/yuin/gopher-lua/ast"

	"github.com/postern-project/postern/runtime/glob"
)

// names reports odd names of callers, roles and labels in one rule: any text is a valid
// name, but some texts were probably meant as something else.
func (l *linter) names(r *Rule) {
	for _, list := range []glob.List{r.Callers, r.AnyRole, r.AllRoles, r.NoRoles} {
		for _, g := range list {
			l.oddName(r, g.String())
		}
	}
	for _, label := range r.Labels {
		l.oddName(r, label.Name)
		l.oddName(r, label.Value.String())
		if slices.Contains([]string{"caller", "callers", "role", "roles", "key", "keys", "op", "ops"}, label.Name) {
			l.report("label-field", r, "labels.%s is a label of that name, not what the field of a rule means", label.Name)
		}
	}
	for _, list := range []glob.List{r.Callers, r.AnyRole} {
		for i, g := range list {
			for j, other := range list {
				if i != j && other.Covers(g) {
					l.report("pattern-covered", r, "%.64q has no effect: %.64q beside it covers it", g, other)
				}
			}
		}
	}
	l.stars(r)
	for _, g := range r.AnyRole {
		if !possibleRole(g, r.NoRoles) {
			l.report("role-excluded", r, `role %.64q has no effect: "none" excludes it`, g)
		}
	}
	if r.Window != nil {
		if hours, days := r.Window.Whole(); hours || days {
			l.report("time-idle", r, "hours of the whole day, or days of the whole week, restrict nothing")
		}
	}
}

// stars reports "*" where everyone was probably meant: it matches no name with "/",
// and not the empty caller.
func (l *linter) stars(r *Rule) {
	var lists []glob.List
	switch r.Kind {
	case Deny:
		lists = []glob.List{r.Callers, r.AnyRole, r.AllRoles}
		for _, label := range r.Labels {
			lists = append(lists, glob.List{label.Value})
		}
	case Allow:
		lists = []glob.List{r.NoRoles}
	}
	for _, list := range lists {
		wide := slices.ContainsFunc(list, (*glob.Glob).MatchesAll)
		if !wide && slices.ContainsFunc(list, func(g *glob.Glob) bool { return g.String() == "*" }) {
			l.report("star-name", r, `"*" matches no name with "/" in it; any name is "**"`)
			return
		}
	}
}

// oneRead reports a deny rule about get or watch alone, while the other, which returns
// the value too, is allowed.
func (l *linter) oneRead(r *Rule) {
	left := l.Reads &^ r.Ops
	if r.Ops&l.Reads == 0 || left == 0 {
		return
	}
	for j := range l.Rules {
		a := &l.Rules[j]
		if a.Kind == Allow && a.Ops&left != 0 && a.Ops&r.Ops&l.Reads != 0 && l.overlap(a.Keys, r.Keys) && !l.denied(r, left) {
			l.report("deny-one-read", r, "get and watch both return the value, and allow %.64q in line %d allows the other one; ops = \"read\" is both", a.Name, a.Line)
			return
		}
	}
}

// denied reports whether a deny rule covers r for the operations of ops.
func (l *linter) denied(r *Rule, ops uint8) bool {
	return slices.ContainsFunc(l.Rules, func(d Rule) bool {
		return d.Kind == Deny && ops&^d.Ops == 0 && d.implied(r) && l.covered(r.Keys, d.Keys)
	})
}

func (l *linter) oddName(r *Rule, name string) {
	why := ""
	switch {
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		why = "has characters that are not visible"
	case strings.TrimSpace(name) != name:
		why = "begins or ends with a blank"
	case strings.ContainsAny(name, ",|") && !strings.Contains(name, "="): // "=": a distinguished name
		why = "is one name; several are a list"
	case strings.HasPrefix(name, "!"), strings.HasPrefix(name, "not "):
		why = "negates nothing; for roles use none, for others when"
	case strings.HasPrefix(name, "^"):
		why = "is not a regular expression"
	default:
		return
	}
	l.report("odd-name", r, "%.64q %s", name, why)
}

// nameCases reports callers, roles and labels that differ only in case.
func (l *linter) nameCases() {
	first := map[string]string{} // by sort of name and the name in lower case
	for i := range l.Rules {
		r := &l.Rules[i]
		check := func(sort, name string) {
			id := sort + "\x00" + strings.ToLower(name)
			if before, ok := first[id]; ok && before != name {
				l.report("name-case", r, "%s %.64q differs only in case from %.64q", sort, name, before)
			}
			first[id] = name
		}
		for _, g := range r.Callers {
			check("caller", g.String())
		}
		for _, g := range slices.Concat(r.AnyRole, r.AllRoles, r.NoRoles) {
			check("role", g.String())
		}
		for _, label := range r.Labels {
			check("label", label.Name)
		}
	}
}

// notDeclared reports declarations that were not run, such as those in a function
// that is never called.
func (l *linter) notDeclared() {
	for _, d := range declarationsOf(l.stmts) {
		if !slices.ContainsFunc(l.Rules, func(r Rule) bool { return r.File == l.File && r.Line == d.line && string(r.Kind) == d.kind }) {
			l.out = append(l.out, Finding{ID: "rule-not-declared", File: l.File, Line: d.line, Msg: fmt.Sprintf("this %s was not run, so there is no such rule", d.kind)})
		}
	}
}

type declared struct {
	kind string
	line int
}

// declarationsOf returns the declarations in statements and in the functions that
// they define.
func declarationsOf(stmts []ast.Stmt) (out []declared) {
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.FuncCallStmt:
			if call, ok := s.Expr.(*ast.FuncCallExpr); ok {
				if id, ok := call.Func.(*ast.IdentExpr); ok && slices.Contains([]Kind{Deny, Allow, Chain, Redact, Pin}, Kind(id.Value)) {
					out = append(out, declared{id.Value, call.Line()})
				}
			}
		case *ast.DoBlockStmt:
			out = append(out, declarationsOf(s.Stmts)...)
		case *ast.IfStmt:
			out = append(out, declarationsOf(append(slices.Clone(s.Then), s.Else...))...)
		case *ast.WhileStmt:
			out = append(out, declarationsOf(s.Stmts)...)
		case *ast.RepeatStmt:
			out = append(out, declarationsOf(s.Stmts)...)
		case *ast.NumberForStmt:
			out = append(out, declarationsOf(s.Stmts)...)
		case *ast.GenericForStmt:
			out = append(out, declarationsOf(s.Stmts)...)
		case *ast.FuncDefStmt:
			out = append(out, declarationsOf(s.Func.Stmts)...)
		case *ast.LocalAssignStmt:
			for _, e := range s.Exprs {
				if fn, ok := e.(*ast.FunctionExpr); ok {
					out = append(out, declarationsOf(fn.Stmts)...)
				}
			}
		}
	}
	return out
}
