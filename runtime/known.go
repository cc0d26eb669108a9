package runtime

import (
	"sync"
	"time"

	"github.com/postern-project/postern/runtime/internal/slab"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// known is the set of values that were released, so that no log line shows one.
type known struct {
	registry *redact.Registry
	ours     bool // the registry is closed with the runtime
	owner    slab.Owner

	last sync.Map // Key -> registered: the value that was registered last
}

// registered is a value and how its mask shows it.
type registered struct {
	value secret.Secret
	mask  redact.Mask
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
		k.registry.Remove(string(key.(Key)), v.(registered).value)
		return true
	})
}

// add registers a value before it is released, to be masked as m says. A value
// that is registered already costs a comparison; the one that it replaces stays
// masked for a while, since logs go on printing it.
func (k *known) add(key Key, v secret.Secret, m redact.Mask) error {
	was, had := k.last.Load(key)
	same := had && was.(registered).value.Equal(v)
	if same && was.(registered).mask == m {
		return nil
	}
	if err := k.registry.AddDeferred(redact.Entry{Key: string(key), Secret: v, Mask: m}); err != nil {
		return err
	}
	k.last.Store(key, registered{v, m})
	if had && !same {
		k.registry.Retire(string(key), was.(registered).value)
	}
	return nil
}

// maskOf returns how a policy wants a value masked in logs. What no rule names
// is masked in full there, and so is what a rule would show: a log is no answer
// to a request.
func maskOf(m policy.Mask) redact.Mask {
	if m.Mode == policy.MaskNone {
		return redact.Mask{}
	}
	return m
}

// addCopy registers a value that its maker may destroy.
func (k *known) addCopy(key Key, v secret.Secret, m redact.Mask) error {
	return v.Expose(func(b []byte) error {
		cell, err := slab.New(k.owner, b)
		if err != nil {
			return (&secret.Error{Code: secret.ErrInternal, Key: key, Detail: "no memory for the value"}).Wrap(err)
		}
		return k.add(key, secret.FromCell(cell, v.Meta()), m)
	})
}

// mask returns text with every known value masked.
func (k *known) mask(text string) string { return k.registry.String(text) }
