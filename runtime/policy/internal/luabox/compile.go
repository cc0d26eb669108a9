package luabox

import (
	"bytes"
	"errors"
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
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
	if err := prescan(file, src, box.limits); err != nil {
		return nil, err
	}
	stmts, err := parse.Parse(bytes.NewReader(src), file)
	if err != nil {
		return nil, syntaxError(file, err)
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

// syntaxError keeps the line, but drops the token unless it is punctuation or a
// keyword: a path that points to the wrong file must not print its words.
func syntaxError(file string, err error) *Error {
	e := &Error{File: file, Msg: "syntax error"}
	var pe *parse.Error
	if !errors.As(err, &pe) {
		return e
	}
	if pe.Pos.Line == parse.EOF {
		e.Msg = "syntax error: unexpected end of file"
		return e
	}
	e.Line = pe.Pos.Line
	if shown := harmlessToken(pe.Token); shown != "" {
		e.Msg = fmt.Sprintf("syntax error near %q", shown)
	}
	return e
}

func harmlessToken(tok string) string {
	switch tok {
	case "and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in",
		"local", "nil", "not", "or", "repeat", "return", "then", "until", "while", "true", "false":
		return tok
	}
	if len(tok) > 0 && len(tok) <= 3 && !isWordByte(tok[0]) && tok[0] > ' ' && tok[0] < 0x7f {
		return tok
	}
	return ""
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
