package wasmhost

import (
	"context"
	"errors"
	"maps"
	"slices"

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

// do runs one export on a borrowed instance. The sink sees each record while the
// guest waits. The error is a *secret.Error without a key.
func (p *Provider) do(ctx context.Context, op secret.Op, request []byte, sink capability.Sink) error {
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
	i, err := p.pool.borrow(ctx, p.o.Limits.Call)
	if err != nil {
		return p.borrowError(op, err)
	}
	i.begin(ctx, p.o.Limits.Call, op, request, sink)
	err = i.run(exports[op])
	res := i.end()
	// A guest that did not come back by itself is in the middle of something:
	// it is never used again as it is.
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
