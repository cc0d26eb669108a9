package luabox

import (
	"bytes"
	"errors"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

// compiled is one file, ready to run.
type compiled struct {
	proto    *lua.FunctionProto
	nesting  int
	warnings []Warning
}

// compileFile checks, rewrites and compiles one file. The error is an *Error,
// also if the parser or the compiler panics.
func compileFile(file string, src []byte, box *Sandbox) (c *compiled, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, &Error{File: file, Msg: "the parser failed"}
		}
	}()
	limit := box.limits.Source
	if len(src) <= limit {
		src = luascan.AllowUntil(src)
		limit = max(limit, len(src))
	}
	if err := luascan.Check(src, limit, box.limits.Nesting); err != nil {
		return nil, scanError(file, err)
	}
	stmts, err := parse.Parse(bytes.NewReader(src), file)
	if err != nil {
		return nil, scanError(file, luascan.SyntaxError(src, err))
	}
	w := newRewriter(file, box)
	if stmts, err = w.chunk(stmts); err != nil {
		return nil, err
	}
	proto, err := lua.Compile(stmts, file)
	if err != nil {
		return nil, compileError(file, err)
	}
	if err := checkSize(file, proto); err != nil {
		return nil, err
	}
	return &compiled{proto: proto, nesting: w.deepest, warnings: w.warnings}, nil
}

func scanError(file string, err error) *Error {
	e := &Error{File: file, Msg: err.Error()}
	var at *luascan.Error
	if errors.As(err, &at) {
		e.Line = at.Line
	}
	return e
}

// compileError translates the few errors of the compiler.
func compileError(file string, err error) *Error {
	e := &Error{File: file, Msg: "a function is too large (variables, registers or constants)"}
	var ce *lua.CompileError
	if errors.As(err, &ce) && ce.Line > 0 {
		e.Line = ce.Line
	}
	return e
}

// checkSize rejects functions so large that a jump might not fit.
func checkSize(file string, p *lua.FunctionProto) error {
	if len(p.Code) > maxCode {
		return &Error{File: file, Line: p.LineDefined, Msg: "a function is too large"}
	}
	for _, inner := range p.FunctionPrototypes {
		if err := checkSize(file, inner); err != nil {
			return err
		}
	}
	return nil
}
