package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/postern-project/postern/runtime/safefile"
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
// what is typed. It restores the terminal, even if ctx ends first.
func (a *App) Prompt(ctx context.Context, question string) ([]byte, error) {
	fd := int(a.Stdin.(interface{ Fd() uintptr }).Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, &Failure{Exit: ExitIO, Text: "terminal: " + safefile.Reason(err), Hint: "postern help set"}
	}
	_, _ = fmt.Fprint(a.Stderr, question)
	defer func() { _, _ = fmt.Fprintln(a.Stderr) }()
	value, err := Interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	if err != nil {
		_ = term.Restore(fd, before)
	}
	if errors.Is(err, io.EOF) {
		return nil, &Failure{Exit: ExitNoInput, Text: "no value given", Hint: "postern help set"}
	}
	return value, err
}

// Interruptible runs read, which cannot be stopped, and stops waiting for it when
// ctx ends. The process is about to end then, and the read with it.
func Interruptible(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := read()
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
