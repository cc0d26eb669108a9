package app

import (
	"context"
	"errors"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/postern-project/postern/cmd/postern/internal/prompt"
	"github.com/postern-project/postern/runtime/safefile"
	"github.com/postern-project/postern/runtime/secret"
)

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// Harmless reports whether a terminal would only show b: it is UTF-8 without
// control characters other than newlines and tabs.
func Harmless(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return false
		}
	}
	return true
}

// Prompt asks for a value on the terminal that is standard input, without showing
// what is typed; see [prompt.Read].
func (a *App) Prompt(ctx context.Context, question string) ([]byte, error) {
	in := a.Stdin.(interface{ Fd() uintptr }).Fd()
	name := a.Getenv("TERM")
	value, err := prompt.Read(ctx, in, a.Stderr, question, IsTerminal(a.Stderr) && name != "" && name != "dumb")
	var e *prompt.Error
	switch {
	case err == nil || ctx.Err() != nil:
		return value, err
	case !errors.As(err, &e):
		return nil, &Failure{Exit: ExitIO, Text: "terminal: " + safefile.Reason(err), Hint: "postern help set"}
	case e.Empty:
		return nil, &Failure{Exit: ExitNoInput, Text: e.Text, Hint: "postern help set"}
	case e.TooLarge:
		return nil, &secret.Error{Code: secret.ErrTooLarge, Op: secret.OpSet, Detail: e.Text}
	}
	return nil, &Failure{Exit: ExitData, Code: secret.ErrInvalidValue, Text: e.Text + "; use --from-file, or pipe the value to standard input", Hint: "postern help set"}
}

// Interruptible runs read, which cannot be stopped, and stops waiting for it when
// ctx ends. The process is about to end then, and the read with it. A panic of read
// is one of the caller.
func Interruptible(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		b        []byte
		err      error
		panicked any
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			done <- r
		}()
		r.b, r.err = read()
	}()
	select {
	case r := <-done:
		if r.panicked != nil {
			panic(r.panicked)
		}
		return r.b, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
