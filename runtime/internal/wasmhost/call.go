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

// exports are the exports that serve the operations.
var exports = map[secret.Op]string{
	secret.OpGet:    abi.ExportGet,
	secret.OpSet:    abi.ExportSet,
	secret.OpDelete: abi.ExportDelete,
	secret.OpKeys:   abi.ExportKeys,
}

// recordSink takes the records that a guest emits.
type recordSink interface {
	// begin is called before the call that i makes.
	begin(i *instance)
	// sink returns what takes each record, while the guest waits.
	sink() capability.Sink
	// Fault returns why the call fails, whatever the guest returned, or nil: a record
	// broke the ABI, which is a [capability.ProtocolError], or the records exceed a
	// limit of the host. If done is set, the export returned ok, and a missing record
	// breaks the ABI too.
	Fault(done bool) error
}

// callExport is callExportUntil with the time of one call.
func (p *Provider) callExport(ctx context.Context, op secret.Op, request []byte, records recordSink) error {
	return p.callExportUntil(ctx, p.deadline(), op, request, records)
}

// deadline is when a call that begins now ends.
func (p *Provider) deadline() time.Time { return time.Now().Add(p.o.Limits.Call) }

// callExportUntil runs one export, until the deadline. With a nil sink the guest cannot emit
// records. The error is a *secret.Error without a key.
func (p *Provider) callExportUntil(ctx context.Context, deadline time.Time, op secret.Op, request []byte, records recordSink) error {
	ctx, levels, err := p.askEmbedder(ctx, op)
	if err != nil {
		return err
	}
	return p.callOnInstance(ctx, levels, deadline, op, request, records)
}

// askEmbedder calls the functions of the embedder whose results a call of the export may
// need: see [capability.Set.Ask]. The context and the levels are for callOnInstance.
func (p *Provider) askEmbedder(ctx context.Context, op secret.Op) (context.Context, capability.Levels, error) {
	if !p.offers(op) {
		return nil, 0, &secret.Error{Code: secret.ErrUnsupported, Op: op, Provider: p.name, Detail: "the module does not export " + exports[op]}
	}
	if err := p.endless(op); err != nil {
		return nil, 0, err
	}
	levels := p.caps.LogLevels(ctx)
	ctx, err := p.caps.Ask(ctx, op)
	return ctx, levels, err
}

// callOnInstance is callExportUntil after askEmbedder. It runs no code of the embedder,
// except in the goroutine that compiles the module.
func (p *Provider) callOnInstance(ctx context.Context, levels capability.Levels, deadline time.Time, op secret.Op, request []byte, records recordSink) error {
	if err := p.enter(); err != nil {
		return err
	}
	defer p.calls.Done()
	longRunning.calls.Add(1)
	defer longRunning.calls.Add(-1)
	// Check before borrowing: a call whose context is over would cost the instance
	// and run nothing.
	if err := ctx.Err(); err != nil {
		return p.contextError(ctx, op, err)
	}
	i, err := p.pool.borrow(ctx, deadline)
	if err != nil {
		return p.borrowError(ctx, op, err)
	}
	if err := i.budget.seat.begin(ctx, deadline, p.seats); err != nil {
		i.budget.seat.leave()
		p.pool.giveBack(i) // as it was borrowed
		return p.contextError(ctx, op, err)
	}
	start := p.seats.start()
	var sink capability.Sink
	if records != nil {
		sink = records.sink()
	}
	i.begin(ctx, p.o.Fuel, deadline, op, request, sink)
	i.call.LimitLog(levels)
	if records != nil {
		records.begin(i)
	}
	err = i.run(exports[op])
	if wasInterrupted(err) {
		i.call.DropText()
	}
	res := i.end(!p.o.Mode.restores())
	if r, ok := records.(*replies); ok {
		r.wipe()
		r.explain(res.GuestText)
	}
	if l, ok := records.(*lister); ok {
		l.links = res.LeftOut
	}
	returned := err == nil || isStatus(err)
	if records != nil && endedItself(ctx, err) {
		if fault := records.Fault(err == nil); fault != nil {
			err, returned = fault, returned && !errors.As(fault, new(capability.ProtocolError))
		}
	}
	// A guest that did not return by itself, or that broke the ABI, may have stopped
	// half-way: it is not used again.
	pages := 0
	if returned {
		pages, returned = i.reusable(p.o.Mode)
	}
	if returned {
		i.budget.seat.leave()
		p.pool.giveBack(i)
	} else {
		pages = i.memory.Resident() / max(1, i.calls)
		p.pool.discard(i)
		i.budget.seat.leave()
	}
	p.report(ctx, res.Logs)
	p.seats.ended(start, pages)
	if err == nil {
		return nil
	}
	return p.fault(ctx, op, err, res)
}

func isStatus(err error) bool {
	var s statusError
	return errors.As(err, &s) && abi.Status(s).Known()
}

// endedItself reports whether the guest ended the call, by its return, an exit or a
// trap, and not the host.
func endedItself(ctx context.Context, err error) bool {
	switch {
	case err == nil, errors.As(err, new(statusError)), errors.As(err, new(capability.Exit)):
		return true
	case errors.As(err, new(*secret.Error)), errors.As(err, new(capability.ProtocolError)), errors.As(err, new(stopped)):
		return false
	}
	return ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded)
}

func (p *Provider) borrowError(ctx context.Context, op secret.Op, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		var e *secret.Error
		if !errors.As(err, &e) {
			return p.contextError(ctx, op, err)
		}
	}
	return named(err, p.name)
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
