package runtime

import (
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// known is the set of values that were released, so that no log line shows one.
type known struct {
	registry *redact.Registry
	ours     bool // the registry is closed with the runtime
	owner    slab.Owner

	last sync.Map // Key -> Secret: the value that was registered last
}

func newKnown(registry *redact.Registry, owner slab.Owner, now func() time.Time) *known {
	if registry == nil {
		return &known{registry: redact.New(redact.Options{Now: now}), ours: true, owner: owner}
	}
	return &known{registry: registry, owner: owner}
}

// close forgets the values: their memory is about to be wiped.
func (k *known) close() {
	if k.ours {
		k.registry.Close()
		return
	}
	k.last.Range(func(key, v any) bool {
		k.registry.Remove(string(key.(Key)), v.(secret.Secret))
		return true
	})
}

// add registers a value before it is released. A value that is registered
// already costs a comparison; the one that it replaces stays masked for a while,
// since logs go on printing it.
func (k *known) add(key Key, v secret.Secret) error {
	old, had := k.last.Load(key)
	if had && old.(secret.Secret).Equal(v) {
		return nil
	}
	if err := k.registry.AddLater(string(key), v); err != nil {
		return err
	}
	k.last.Store(key, v)
	if had {
		k.registry.Retire(string(key), old.(secret.Secret))
	}
	return nil
}

// addCopy registers a value that its maker may destroy.
func (k *known) addCopy(key Key, v secret.Secret) error {
	return v.Expose(func(b []byte) error {
		cell, err := slab.New(k.owner, b)
		if err != nil {
			return (&secret.Error{Code: secret.ErrInternal, Key: key, Detail: "no memory for the value"}).Wrap(err)
		}
		return k.add(key, secret.FromCell(cell, v.Meta()))
	})
}

// mask returns text with every known value masked.
func (k *known) mask(text string) string { return k.registry.String(text) }
