package chain

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// walk is the way of one request along the links: what was asked and why the
// chain went on.
type walk struct {
	op       secret.Op
	key      secret.Key
	attempts []secret.Attempt
	skipped  error // the first failure that the chain went on past
	degraded []string
}

// goesOn records a link's refusal and reports whether the next link is asked.
func (w *walk) goesOn(ctx context.Context, l *Link, err error, took time.Duration) bool {
	code := secret.CodeOf(err)
	w.attempts = append(w.attempts, secret.Attempt{Provider: l.Name, Code: code, Duration: took})
	switch code.Chain() {
	case secret.ChainContinue:
		return true
	case secret.ChainContinueIfAllowed:
		// A caller that is out of time would only be told a weaker reason.
		if !l.ContinueWhenUnavailable || ctx.Err() != nil {
			return false
		}
		if w.skipped == nil {
			w.skipped = err
		}
		w.degraded = append(w.degraded, l.Name)
		return true
	}
	return false
}

// found marks a value with the links that were skipped on the way to it.
func (w *walk) found(v secret.Secret, l *Link) secret.Secret {
	if w.degraded == nil && v.Provider() == l.Name {
		return v
	}
	m := v.Meta()
	m.Provider, m.Degraded = l.Name, append(w.degraded, m.Degraded...)
	return v.WithMeta(m)
}

// stop returns the error that ended the walk, with the attempts before it.
func (w *walk) stop(err error) error {
	last := w.attempts[len(w.attempts)-1]
	return w.complete(err, last)
}

// end returns the error of a walk that no link ended: the first failure that
// was skipped, since "not found" would claim an answer that nobody gave; else
// not_found, or load_failed when no link applied at all.
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
	return e
}

// complete fills in what a provider's error lacks. Context errors stay as they
// are; an error without a code is wrapped, its text stays a cause.
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
