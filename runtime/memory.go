package runtime

import (
	"context"
	"log/slog"

	"github.com/postern-project/postern/runtime/internal/slab"
)

// MemoryStatus describes the memory that holds the values of this process, and what
// modules keep in postern_kv_v1. The system bounds how much of it can be locked. Values
// come first: kv is locked only with what they leave, which the providers share equally,
// and is unlocked when a value needs it.
type MemoryStatus struct {
	Values   int   // live values
	Locked   int64 // bytes for values that cannot be swapped out
	Unlocked int64 // bytes for values that the system refused to lock
	Dumpable int64 // bytes for values that a core file may contain: the system did not leave them out

	// KV has an entry for each provider whose module imports postern_kv_v1, in the
	// order of the providers. It is nil in the result of the function [Memory].
	KV []KVMemory
}

// KVMemory describes what the module of one provider keeps in postern_kv_v1.
type KVMemory struct {
	Provider string
	Values   int   // values that it keeps
	Locked   int64 // bytes that cannot be swapped out
	Unlocked int64 // bytes that are not locked: the system refused, or values took the limit
}

// Memory returns the state of the memory for values, which all runtimes of the process
// share. [Runtime.Memory] also returns that of kv.
func Memory() MemoryStatus {
	s := slab.Stat()
	return MemoryStatus{Values: s.Cells, Locked: s.Locked, Unlocked: s.Unlocked, Dumpable: s.Dumpable}
}

// Memory returns the state of the memory for values, which all runtimes of the process
// share, and of the kv of the providers of r. It may be called at any time; once r is
// closed, kv takes no memory. The caller may change the result.
func (r *Runtime) Memory() MemoryStatus {
	m := Memory()
	for _, p := range r.routes.providers {
		if p.host == nil {
			continue
		}
		if k, ok := p.host.Kept(); ok {
			m.KV = append(m.KV, KVMemory{Provider: p.options.Name, Values: k.Values, Locked: k.Locked, Unlocked: k.Unlocked})
		}
	}
	return m
}

// warnUnlocked logs, once, that values are in memory that is not locked. The log handler
// may call any method of r, so no request of the caller counts as under way.
func (r *Runtime) warnUnlocked(ctx context.Context) {
	unlocked := slab.Stat().Unlocked
	if unlocked == 0 || r.swappable.Load() || !r.swappable.CompareAndSwap(false, true) {
		return
	}
	r.log.LogAttrs(ctx, slog.LevelWarn, "values could not be locked in memory, and may be swapped to disk: raise the limit on locked memory",
		slog.Int64("unlocked_bytes", unlocked))
}
