package wasmhost

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/secret"
)

// exports maps operations to the exports that serve them.
var exports = map[secret.Op]string{
	secret.OpGet:    abi.ExportGet,
	secret.OpSet:    abi.ExportSet,
	secret.OpDelete: abi.ExportDelete,
	secret.OpKeys:   abi.ExportKeys,
}

// answer takes what a guest emits.
type answer interface {
	// take sees each record while the guest waits.
	take(record []byte) abi.Status
	// breach returns what broke the ABI once the call has ended well, or "".
	breach() string
}

// do runs one export on a borrowed instance. A nil answer takes no records. The
// error is a *secret.Error without a key.
func (p *Provider) do(ctx context.Context, op secret.Op, request []byte, a answer) error {
	if !p.offers(op) {
		return &secret.Error{Code: secret.ErrUnsupported, Op: op, Provider: p.name, Detail: "the module has no " + exports[op]}
	}
	if err := p.enter(); err != nil {
		return err
	}
	defer p.calls.Done()
	// Checked before borrowing: a call under a finished context would cost the
	// instance without running anything.
	if err := ctx.Err(); err != nil {
		return p.contextError(op, err)
	}
	deadline := time.Now().Add(p.o.Limits.Call)
	i, err := p.pool.borrow(ctx, deadline)
	if err != nil {
		return p.borrowError(op, err)
	}
	var sink capability.Sink
	if a != nil {
		sink = a.take
	}
	i.begin(ctx, p.o.Fuel, deadline, op, request, sink)
	err = i.run(exports[op])
	res := i.end()
	if what := breachOf(a, err); what != "" {
		err = capability.ProtocolError{Detail: what}
	}
	// A guest that did not come back by itself, or not as agreed, is in the middle
	// of something: it is never used again as it is.
	if (err == nil || isStatus(err)) && i.reusable(p.o.Mode) {
		p.pool.giveBack(i)
	} else {
		p.pool.discard(i)
	}
	p.report(ctx, res.Logs)
	if err == nil {
		return nil
	}
	return p.fault(ctx, op, err, res)
}

func breachOf(a answer, err error) string {
	if a == nil || err != nil {
		return ""
	}
	return a.breach()
}

func isStatus(err error) bool {
	var s statusError
	return errors.As(err, &s) && abi.Status(s).Known()
}

func (p *Provider) borrowError(op secret.Op, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		var e *secret.Error
		if !errors.As(err, &e) {
			return p.contextError(op, err)
		}
	}
	return named(err, p.name)
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
