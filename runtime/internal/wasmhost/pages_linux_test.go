package wasmhost_test

import (
	"bytes"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// A module whose calls touch many pages of its memory needs a seat for the next ones,
// whether its instance is restored or thrown away. Modules that read values need none.
func TestTM032WhatTouchesManyPagesNeedsASeat(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dirty_pages", "dirty_pages_trap", "dirty_pages_grown"} {
		c := find(t, name)
		p := open(t, options(t, c, new(bytes.Buffer)))
		for range 3 {
			if got := ask(t.Context(), p, c); got.code != c.Want {
				t.Errorf("%s: %+v", name, got)
			}
			if !p.Costly() {
				t.Errorf("%s: the next call needs no seat", name)
			}
		}
	}
	for _, mode := range []wasmhost.Mode{wasmhost.Isolated, wasmhost.Pooled} {
		o := overFolder(t, t.TempDir(), 256)
		o.Mode = mode
		p := open(t, o)
		for range 2_000 {
			if _, err := p.Get(t.Context(), "k"); secret.CodeOf(err) != secret.ErrNotFound {
				t.Fatal(err)
			}
		}
		if p.Costly() {
			t.Errorf("a module that reads files needs a seat, mode %s", mode)
		}
	}
}
