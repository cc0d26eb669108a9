package wasmbin_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmbin"
)

// unread is an instruction that is refused if it is read.
const unread = "\xff"

// A body is not read any further once it costs more than every limit.
func TestTM006ABodyIsNotReadBeyondTheLimits(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"instructions": strings.Repeat("\x41\x00\x28\x02\x00\x1a", 1_400_000),
		"look-ups":     "\x02\x40" + strings.Repeat("\x41\x00\x28\x02\x00\x0d\x00", 20_000) + "\x0b" + useLocals(1000) + strings.Repeat("\x01", 1<<20),
	} {
		err := check([]byte(withLocals(1000, code+unread)), wasmbin.Limits{})
		if reason(t, err) != wasmbin.TooCostly {
			t.Errorf("%s: Check = %v, want %s", name, err, wasmbin.TooCostly)
		}
	}
}

// endsAfter is a context that ends when somebody has looked at it so often.
type endsAfter struct {
	context.Context
	looks int
}

func (e *endsAfter) Err() error {
	if e.looks--; e.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// The appraisal of a module ends with the context, in a large body and between small
// ones.
func TestTM006AnAppraisalEndsWithTheContext(t *testing.T) {
	t.Parallel()
	const functions = 5_000
	many := empty + typesPart + section(3, leb(functions)+strings.Repeat("\x00", functions)) + memoryPart +
		section(10, leb(functions)+strings.Repeat(sized("\x00\x0b"), functions-1)+sized("\x00"+unread+"\x0b"))
	for name, module := range map[string]string{
		"a large body":      withLocals(1, strings.Repeat("\x41\x00\x28\x02\x00\x1a", 50_000)+unread),
		"many small bodies": many,
	} {
		m, err := wasmbin.Parse([]byte(module))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err = wasmbin.Appraise(t.Context(), m, wasmbin.Limits{}); reason(t, err) == "" {
			t.Fatalf("%s is accepted", name)
		}
		for looks := range 5 {
			ctx := &endsAfter{t.Context(), looks}
			if _, err := wasmbin.Appraise(ctx, m, wasmbin.Limits{}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: after %d looks Appraise = %v, want the end of the context", name, looks, err)
			}
		}
	}
}
