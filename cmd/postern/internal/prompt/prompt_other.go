//go:build !linux && !darwin

package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/term"
)

// Read writes a question to out and reads one line from the terminal in, without
// showing what is typed. It restores the terminal, even if ctx ends first. An error is
// an [*Error], that of ctx, or one of the system.
func Read(ctx context.Context, in uintptr, out io.Writer, question string, _ bool) ([]byte, error) {
	before, err := term.GetState(int(in))
	if err != nil {
		return nil, err
	}
	_, _ = fmt.Fprint(out, question)
	defer func() { _, _ = fmt.Fprintln(out) }()
	type line struct {
		value []byte
		err   error
	}
	read := make(chan line, 1)
	go func() {
		value, err := term.ReadPassword(int(in))
		read <- line{value, err}
	}()
	select {
	case l := <-read:
		if errors.Is(l.err, io.EOF) {
			return nil, &Error{Empty: true, Text: "no value given"}
		}
		return l.value, l.err
	case <-ctx.Done():
		_ = term.Restore(int(in), before)
		return nil, ctx.Err()
	}
}
