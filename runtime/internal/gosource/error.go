package gosource

import (
	"context"
	"errors"
	"reflect"

	"github.com/postern-project/postern/runtime/secret"
)

// Judge returns the error of an embedder's provider as one of the runtime. The
// methods of the provider's error are its code, and run here for the first time:
// an error with a method that panics, a nil pointer, and one that unwraps without
// end are internal. What errors.Is and errors.As find in err they find in the
// result, unless the provider canceled a context of its own: to the caller that is an
// outage, because ctx, the caller's context, did not end.
func Judge(ctx context.Context, err error, op secret.Op, key secret.Key) (out error) {
	if err == nil {
		return nil
	}
	if c, ok := err.(secret.Code); ok && c != secret.ErrCanceled && secret.CodeOf(c) == c {
		return c // nothing of the provider is in it
	}
	defer func() {
		if recover() != nil {
			out = brokenError(op, key)
		}
	}()
	out = brokenError(op, key) // also after panic(nil): see errUnfinished
	left := maxErrors
	if !sound(err, &left) {
		return brokenError(op, key)
	}
	_, _ = errors.Is(err, unmatched{}), errors.As(err, new(unmatched)) // panics when a method does
	one := secret.Error{Op: op, Key: key}
	var e *secret.Error
	if errors.As(err, &e) {
		one = *e // a nil one panics
		if op != "" {
			one.Op, one.Key = op, key
		}
	}
	one.Code = secret.CodeOf(err)
	if ctx.Err() == nil && one.Code == secret.ErrCanceled {
		return (&secret.Error{
			Code: secret.ErrUnavailable, Op: op, Key: key, Provider: one.Provider, Detail: "the provider canceled a request of its own",
		}).Wrap(ownCancel{})
	}
	return one.Wrap(&foreignError{err})
}

// ownCancel is the cause of an error of a provider that canceled a context of its own.
type ownCancel struct{}

func (ownCancel) Error() string { return "canceled by the provider" }

// CanceledOwn reports whether err is of a provider that canceled a context of its own: its
// request may have been under way.
func CanceledOwn(err error) bool { return errors.As(err, new(ownCancel)) }

// maxErrors is how many errors the tree of a provider's error may have.
const maxErrors = 1000

// unmatched is an error type that does not occur in any tree of errors.
type unmatched struct{ error }

// sound reports whether the tree of err has an end and no nil pointer, and that
// each error in it has a text. It panics when a method of them does.
func sound(err error, left *int) bool {
	for err != nil {
		if v := reflect.ValueOf(err); *left == 0 || v.Kind() == reflect.Pointer && v.IsNil() {
			return false
		}
		*left--
		_ = err.Error()
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			err = u.Unwrap()
		case interface{ Unwrap() []error }:
			for _, e := range u.Unwrap() {
				if !sound(e, left) {
					return false
				}
			}
			return true
		default:
			return true
		}
	}
	return true
}

func brokenError(op secret.Op, key secret.Key) error {
	return &secret.Error{Code: secret.ErrInternal, Op: op, Key: key, Detail: "the provider returned an error that cannot be examined: it is a nil pointer or a method of it panics"}
}

// foreignError is the error of a provider as the cause of one of the runtime. It
// has no Unwrap: errors.Is and errors.As examine what is behind it through its
// methods, which do not panic.
type foreignError struct{ err error }

func (f *foreignError) Error() (text string) {
	defer func() { _ = recover() }()
	return f.err.Error()
}

func (f *foreignError) Is(target error) (is bool) {
	defer func() { _ = recover() }()
	return errors.Is(f.err, target)
}

func (f *foreignError) As(target any) (as bool) {
	defer func() { _ = recover() }()
	return errors.As(f.err, target)
}
