package policy

import (
	"bytes"
	"errors"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// compiled is one file, ready to run.
type compiled struct {
	proto    *lua.FunctionProto
	nesting  int
	warnings []Diagnostic
}

// compileFile checks, rewrites and compiles one file. Whatever the parser or
// the compiler does, the result is a program or a *LoadError.
func compileFile(file string, src []byte, limits Limits, lib *library) (c *compiled, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, &LoadError{File: file, Msg: "the parser failed"}
		}
	}()
	if e := prescan(file, src, limits); e != nil {
		return nil, e
	}
	stmts, perr := parse.Parse(bytes.NewReader(src), file)
	if perr != nil {
		return nil, syntaxError(file, perr)
	}
	w := lib.rewriter(file, limits)
	if stmts, err = w.chunk(stmts); err != nil {
		return nil, err
	}
	proto, cerr := lua.Compile(stmts, file)
	if cerr != nil {
		return nil, compileError(file, cerr)
	}
	if err := checkSize(file, proto); err != nil {
		return nil, err
	}
	return &compiled{proto: proto, nesting: w.deepest, warnings: w.warnings}, nil
}

// rewriter knows the names that lib defines.
func (lib *library) rewriter(file string, limits Limits) *rewriter {
	w := &rewriter{file: file, limits: limits, modules: map[string]*lua.LTable{"std/v1": lib.std}}
	for _, name := range fieldNames(lib.env) {
		if name[0] == '(' {
			continue
		}
		w.globals = append(w.globals, name)
		if t, ok := lib.env.RawGetString(name).(*lua.LTable); ok {
			w.modules[name] = t
		}
	}
	return w
}

// syntaxError keeps the line and drops the token unless it is punctuation or
// a keyword: a path that points at the wrong file must not print its words.
func syntaxError(file string, err error) *LoadError {
	e := &LoadError{File: file, Msg: "syntax error"}
	var pe *parse.Error
	if !errors.As(err, &pe) {
		return e
	}
	if pe.Pos.Line == parse.EOF {
		e.Msg = "syntax error: the file ends too early"
		return e
	}
	e.Line = pe.Pos.Line
	if shown := harmlessToken(pe.Token); shown != "" {
		e.Msg = "syntax error near " + quote(shown)
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

// compileError maps the compiler's few errors; its lines are unreliable.
func compileError(file string, err error) *LoadError {
	e := &LoadError{File: file, Msg: "a function is too large (variables, registers or constants)"}
	var ce *lua.CompileError
	if errors.As(err, &ce) && ce.Line > 0 {
		e.Line = ce.Line
	}
	return e
}

// checkSize refuses functions so large that a jump might not fit.
func checkSize(file string, p *lua.FunctionProto) error {
	if len(p.Code) > maxCode {
		return &LoadError{File: file, Line: p.LineDefined, Msg: "a function is too large"}
	}
	for _, inner := range p.FunctionPrototypes {
		if err := checkSize(file, inner); err != nil {
			return err
		}
	}
	return nil
}
