package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"

	"github.com/postern-project/postern/runtime/internal/slab"
)

// MaxValueLen is the largest value in bytes, whatever limits are configured.
const MaxValueLen = slab.MaxSize

// Secret is a handle on a value that lives outside the Go heap. It is immutable
// and may be copied and shared; the value is wiped when the last copy is gone.
// Printing a Secret in any way shows [REDACTED]. The zero Secret holds nothing:
// using it returns an error with [ErrClosed].
type Secret struct{ ref *ref }

// ref carries what may be known of a value, and the name of its cell.
type ref struct {
	cell   *slab.Cell
	shared bool // made by a runtime: Destroy is not the holder's to call
	meta   Meta
}

// Meta describes a value without revealing it.
type Meta struct {
	Version  string   // the store's version, "" if it has none
	Provider string   // who answered
	Degraded []string // providers that were skipped because they failed
}

// FromBytes copies b into protected memory and clears b, also on failure. The
// error is [ErrTooLarge] above [MaxValueLen], [ErrInternal] when the system
// gives no memory.
func FromBytes(b []byte) (Secret, error) {
	defer clear(b)
	cell, err := slab.New(0, b)
	if err != nil {
		return Secret{}, slabError(err)
	}
	return Secret{&ref{cell: cell}}, nil
}

// FromString is [FromBytes] for a string, which stays readable in the Go heap
// until the collector reuses its memory.
func FromString(s string) (Secret, error) { return FromBytes([]byte(s)) }

// FromCell wraps a cell that a part of the runtime filled. The result is the
// runtime's: Destroy does nothing. Its parameter keeps it out of reach of other
// modules.
func FromCell(cell *slab.Cell, m Meta) Secret {
	return Secret{&ref{cell: cell, shared: true, meta: m}}
}

// CellOf returns the cell behind s, nil for the zero Secret. Like [FromCell] it
// is for the runtime alone.
func CellOf(s Secret) *slab.Cell {
	if s.ref == nil {
		return nil
	}
	return s.ref.cell
}

// WithMeta returns a second handle on the same value that is described by m.
func (s Secret) WithMeta(m Meta) Secret {
	if s.ref == nil {
		return s
	}
	return Secret{&ref{cell: s.ref.cell, shared: s.ref.shared, meta: m}}
}

// Meta returns what is known of the value. The caller must not change Degraded.
func (s Secret) Meta() Meta {
	if s.ref == nil {
		return Meta{}
	}
	return s.ref.meta
}

// Version returns the store's version of the value, "" if it has none.
func (s Secret) Version() string { return s.Meta().Version }

// Provider returns the name of the provider that answered, "" if unknown.
func (s Secret) Provider() string { return s.Meta().Provider }

// Degraded returns the providers that were skipped because they failed.
func (s Secret) Degraded() []string { return s.Meta().Degraded }

// IsZero reports whether s is the zero Secret, which holds nothing.
func (s Secret) IsZero() bool { return s.ref == nil }

// Expose calls f with the plaintext and returns f's error. The slice is
// borrowed: f must not change or keep it. f may call any method of s and of the
// runtime that s came from; if the value is destroyed meanwhile, f keeps reading
// it until it returns. After Destroy, and after the runtime's Close, Expose
// returns an error with [ErrClosed] and does not call f.
func (s Secret) Expose(f func([]byte) error) error {
	if s.ref == nil {
		return &Error{Code: ErrClosed, Detail: "zero Secret has no value"}
	}
	err := s.ref.cell.Use(f)
	if errors.Is(err, slab.ErrFreed) {
		return &Error{Code: ErrClosed, Detail: "the secret was destroyed"}
	}
	return err
}

// ExposeString returns the plaintext as a string, which cannot be wiped. Prefer
// [Secret.Expose]. The error is that of Expose.
func (s Secret) ExposeString() (string, error) {
	var text string
	err := s.Expose(func(b []byte) error {
		text = string(b)
		return nil
	})
	return text, err
}

// Equal reports whether both hold the same bytes, in time that depends on their
// lengths alone. A destroyed or zero Secret equals nothing.
func (s Secret) Equal(other Secret) bool {
	same := false
	err := s.Expose(func(a []byte) error {
		return other.Expose(func(b []byte) error {
			same = subtle.ConstantTimeCompare(a, b) == 1
			return nil
		})
	})
	return err == nil && same
}

// Destroy makes the value unreadable at once, for all copies of s, and does not
// wait: the bytes are wiped now, or when the last Expose under way returns. On a
// Secret that a runtime returned it does nothing: others may share the value.
func (s Secret) Destroy() {
	if s.ref != nil && !s.ref.shared {
		s.ref.cell.Free()
	}
}

func slabError(err error) error {
	if errors.Is(err, slab.ErrTooLarge) {
		return &Error{Code: ErrTooLarge, Detail: fmt.Sprintf("a value has at most %d bytes", MaxValueLen)}
	}
	return (&Error{Code: ErrInternal, Detail: "no memory for the value"}).Wrap(err)
}
