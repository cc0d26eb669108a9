package chain

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// walk is the progress of one request through the chain: the links asked so far,
// and the errors that the chain continued past.
type walk struct {
	op       secret.Op
	key      secret.Key
	attempts []secret.Attempt
	skipped  error // the first failure that was skipped
	degraded []string
	said     []said // by modules that are not configured here
}

// said is the message of the module of a link.
type said struct {
	provider, text string
}

// proceeds records the error of a link and reports whether the chain continues.
func (w *walk) proceeds(ctx context.Context, l *Link, err error, took time.Duration) bool {
	code := secret.CodeOf(err)
	w.attempts = append(w.attempts, secret.Attempt{Provider: l.Name, Code: code, Duration: took})
	if !l.Passes(ctx, code) {
		return false
	}
	var e *secret.Error
	if code == secret.ErrNotConfigured && errors.As(err, &e) && e.GuestText() != "" {
		w.said = append(w.said, said{l.Name, e.GuestText()})
	}
	if code.Chain() == secret.ChainContinueIfAllowed {
		if w.skipped == nil {
			w.skipped = err
		}
		w.degraded = append(w.degraded, l.Name)
	}
	return true
}

// Passes reports whether a chain continues past the link after an error with that
// code. When the caller's context has ended, a later error would hide the reason.
func (l *Link) Passes(ctx context.Context, code secret.Code) bool {
	switch code.Chain() {
	case secret.ChainContinue:
		return true
	case secret.ChainContinueIfAllowed:
		return l.ContinueWhenUnavailable && ctx.Err() == nil
	}
	return false
}

// found returns v with its provider and the links that were skipped before it.
func (w *walk) found(v secret.Secret, l *Link) secret.Secret {
	if w.degraded == nil && v.Provider() == l.Name {
		return v
	}
	m := v.Meta()
	m.Provider, m.Degraded = l.Name, append(w.degraded, m.Degraded...)
	return v.WithMeta(m)
}

// stop returns the error that ended the chain, with all attempts.
func (w *walk) stop(err error) error {
	last := w.attempts[len(w.attempts)-1]
	return w.complete(err, last)
}

// end returns the error for a chain that ran out of links: the first failure that
// was skipped, because that provider may have the key; otherwise not_found, or
// load_failed if no link is configured here. The messages of the modules that are not
// are its message: what they miss may be why nothing was found.
func (w *walk) end() error {
	if w.skipped != nil {
		for _, a := range w.attempts {
			if a.Provider == w.degraded[0] {
				return w.complete(w.skipped, a)
			}
		}
	}
	e := &secret.Error{Code: secret.ErrLoad, Op: w.op, Key: w.key, Attempts: w.attempts}
	var asked []string
	for _, a := range w.attempts {
		asked = append(asked, a.Provider)
		if a.Code == secret.ErrNotFound {
			e.Code = secret.ErrNotFound
		}
	}
	switch {
	case len(asked) == 0:
		e.Detail = "the chain has no provider"
	case e.Code == secret.ErrLoad:
		e.Detail = "no provider of the chain is configured here: " + strings.Join(asked, ", ")
	default:
		e.Detail = "asked " + strings.Join(asked, ", ")
	}
	if len(w.said) > 0 {
		return e.WithGuestText(w.message())
	}
	return e
}

// message returns what the modules said, with the names of their providers if more
// than one was asked.
func (w *walk) message() string {
	if len(w.attempts) == 1 {
		return w.said[0].text
	}
	var all []string
	for _, s := range w.said {
		all = append(all, s.provider+": "+s.text)
	}
	return strings.Join(all, "; ")
}

// complete adds operation, key, provider and attempts to a provider's error. An
// error without a code is wrapped: its text is kept as the cause and not printed.
func (w *walk) complete(err error, a secret.Attempt) error {
	var e *secret.Error
	if !errors.As(err, &e) {
		return (&secret.Error{Code: a.Code, Op: w.op, Key: w.key, Provider: a.Provider, Attempts: w.attempts}).Wrap(err)
	}
	one := *e
	one.Op, one.Key, one.Attempts = w.op, w.key, w.attempts
	if one.Provider == "" {
		one.Provider = a.Provider
	}
	return &one
}
