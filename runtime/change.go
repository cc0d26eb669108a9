package runtime

import (
	"context"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// change decides about a write, runs it and tells the watchers. What was there
// before is looked up only when somebody watches: it costs a read.
func (b *Bound) change(ctx context.Context, op secret.Op, key Key, write func(context.Context, way) error) error {
	to, err := b.route(op, key)
	if err != nil {
		return err
	}
	ctx, logs := wasmhost.HoldLogs(ctx)
	defer logs.Flush(ctx, b.rt.known.mask)
	if !b.rt.hub.Active() {
		return write(ctx, to)
	}
	before, err := to.Get(ctx, key)
	event := secret.Event{Kind: secret.EventRemoved, Key: key, Provider: to.Writer(), Prev: before.Version()}
	if op == secret.OpSet {
		event.Kind = secret.EventRotated
		if secret.CodeOf(err) == secret.ErrNotFound {
			event.Kind = secret.EventAdded
		}
	}
	if err := write(ctx, to); err != nil {
		return err
	}
	if op == secret.OpSet {
		if after, err := to.Get(ctx, key); err == nil {
			event.Version = after.Version()
		}
	}
	b.rt.hub.Publish(event)
	return nil
}
