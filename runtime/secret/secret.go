package secret

import (
	"errors"
	"fmt"
	"slices"

	"github.com/postern-project/postern/runtime/internal/slab"
)

// MaxValueLen is the maximum size of a value: 16 MiB. A configured limit may be lower.
const MaxValueLen = 16 << 20

// Secret is a handle on a value that lives outside the Go heap. The value is
// immutable. Copies of a Secret share it, and the garbage collector wipes it some
// time after the last copy is gone; [Secret.Destroy] does so at once. All methods
// but UnmarshalText are safe for concurrent use.
//
// However a Secret is printed, it shows [Redacted]. The zero Secret has no value:
// using it returns an error with [ErrClosed]. Compare values with [Secret.Equal].
type Secret struct {
	_   [0]func() // == does not compile: equal values would differ
	ref *ref
}

// ref is a value and its description.
type ref struct {
	cell   *slab.Cell
	shared bool // a runtime owns the cell: Destroy does nothing
	meta   Meta
}

// Meta describes a value. It contains no part of it and may be logged.
type Meta struct {
	Version  string   // of the value in its store, "" if the store has no versions
	Provider string   // the name of the provider that returned the value, "" if unknown
	Degraded []string // providers that were asked before and skipped because they failed
}

// FromBytes copies b into protected memory and then clears b, even if it fails.
// The error has the code [ErrTooLarge] if b is longer than [MaxValueLen], and
// [ErrInternal] if the system has no memory left.
func FromBytes(b []byte) (Secret, error) {
	defer clear(b)
	cell, err := slab.New(0, b)
	if err != nil {
		return Secret{}, slabError(err)
	}
	return Secret{ref: &ref{cell: cell}}, nil
}

// FromString is [FromBytes] for a string. A string cannot be cleared: it stays in
// the Go heap until the garbage collector reuses its memory.
func FromString(s string) (Secret, error) { return FromBytes([]byte(s)) }

// FromCell returns a handle on a cell that a runtime owns: Destroy on it does
// nothing. It is for this project only, as the internal type of its parameter
// says.
func FromCell(cell *slab.Cell, m Meta) Secret {
	m.Degraded = slices.Clone(m.Degraded)
	return Secret{ref: &ref{cell: cell, shared: true, meta: m}}
}

// CellOf returns the cell that holds the value of s, nil for the zero Secret. Like
// [FromCell] it is for this project only.
func CellOf(s Secret) *slab.Cell {
	if s.ref == nil {
		return nil
	}
	return s.ref.cell
}

// WithMeta returns a handle on the same value with the description m. s does not
// change. The zero Secret is returned as it is.
func (s Secret) WithMeta(m Meta) Secret {
	if s.ref == nil {
		return s
	}
	m.Degraded = slices.Clone(m.Degraded)
	return Secret{ref: &ref{cell: s.ref.cell, shared: s.ref.shared, meta: m}}
}

// Meta returns the description of the value. The result belongs to the caller.
func (s Secret) Meta() Meta {
	if s.ref == nil {
		return Meta{}
	}
	m := s.ref.meta
	m.Degraded = slices.Clone(m.Degraded)
	return m
}

// Version returns the version of the value in its store, "" if unknown.
func (s Secret) Version() string {
	if s.ref == nil {
		return ""
	}
	return s.ref.meta.Version
}

// Provider returns the name of the provider that returned the value, "" if
// unknown.
func (s Secret) Provider() string {
	if s.ref == nil {
		return ""
	}
	return s.ref.meta.Provider
}

// Degraded returns the names of the providers that were asked before and skipped
// because they failed. The slice belongs to the caller.
func (s Secret) Degraded() []string { return s.Meta().Degraded }

// IsZero reports whether s is the zero Secret. A Secret with an empty value and a
// destroyed one are not zero.
func (s Secret) IsZero() bool { return s.ref == nil }

// Expose calls f with the plaintext and returns f's error. The slice is valid only
// until f returns and is read-only. f may call any method of s and of the runtime
// that s came from: if the value is destroyed meanwhile, f can read it until it
// returns. After Destroy, after the runtime's Close, and on the zero Secret,
// Expose returns an error with [ErrClosed] and does not call f.
func (s Secret) Expose(f func([]byte) error) error {
	if s.ref == nil {
		return &Error{Code: ErrClosed, Detail: "zero Secret has no value"}
	}
	err := s.ref.cell.Use(f)
	if errors.Is(err, slab.ErrFreed) {
		return &Error{Code: ErrClosed, Detail: "the secret was destroyed, or the runtime that returned it was closed"}
	}
	return err
}

// ExposeString returns the plaintext as a string, which cannot be wiped: prefer
// [Secret.Expose]. Its error is that of Expose.
func (s Secret) ExposeString() (string, error) {
	var text string
	err := s.Expose(func(b []byte) error {
		text = string(b)
		return nil
	})
	return text, err
}

// Equal reports whether both values are the same bytes. Its time depends only on
// their lengths. A destroyed or zero Secret equals nothing, not even itself.
func (s Secret) Equal(other Secret) bool {
	return s.ref != nil && other.ref != nil && s.ref.cell.Equal(other.ref.cell)
}

// Destroy makes the value unreadable at once, for all copies of s, and does not
// block. The bytes are wiped at once, or when the last running call of Expose
// returns. It may be called more than once. On a Secret that a runtime returned,
// Destroy does nothing, since others may share the value.
func (s Secret) Destroy() {
	if s.ref != nil && !s.ref.shared {
		s.ref.cell.Free()
	}
}

func slabError(err error) error {
	if errors.Is(err, slab.ErrTooLarge) {
		return &Error{Code: ErrTooLarge, Detail: fmt.Sprintf("the limit for a value is %d bytes", MaxValueLen)}
	}
	return (&Error{Code: ErrInternal, Detail: "cannot allocate memory for the value"}).Wrap(err)
}
