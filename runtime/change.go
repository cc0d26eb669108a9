package runtime

import (
	"context"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// change runs a write and tells the watchers. What was there before is looked
// up only when somebody watches: it costs a read.
func (b *Bound) change(ctx context.Context, op secret.Op, key Key, write func(context.Context) error) error {
	ctx, logs := wasmhost.HoldLogs(ctx)
	defer logs.Flush(ctx, b.rt.known.mask)
	watched := b.rt.hub.Active()
	event := secret.Event{Kind: secret.EventRemoved, Key: key, Provider: b.writer}
	if watched {
		before, err := b.source.Get(ctx, key)
		event.Prev = before.Version()
		if op == secret.OpSet {
			event.Kind = secret.EventRotated
			if secret.CodeOf(err) == secret.ErrNotFound {
				event.Kind = secret.EventAdded
			}
		}
	}
	if err := write(ctx); err != nil {
		return err
	}
	if !watched {
		return nil
	}
	if op == secret.OpSet {
		after, err := b.source.Get(ctx, key)
		if err == nil {
			event.Version = after.Version()
		}
	}
	b.rt.hub.Publish(event)
	return nil
}
