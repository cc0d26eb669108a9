package secrettest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// failures calls what can be made to fail without harm, on a store and with
// arguments that hold the canary, and returns the errors by what was asked.
func (r *run) failures() (map[string]error, error) {
	h, err := r.start(one(keyA, canary))
	if err != nil {
		return nil, err
	}
	errs := map[string]error{}
	_, errs["Get of an absent key"] = h.Provider.Get(r.ctx, keyAbsent)
	if r.Deletable {
		errs["Delete of an absent key"] = h.Provider.Delete(r.ctx, keyAbsent)
	}
	if r.Writable && r.MaxValue > 0 {
		errs["Set above the cap"] = put(r.ctx, h, keyA, canary+uniform('x', r.MaxValue))
	}
	ctx, cancel := r.ended(context.Canceled)
	defer cancel()
	for verb, err := range r.verbs(ctx, h) {
		errs["cancelled "+string(verb)] = err
	}
	return errs, nil
}

// failing is a rule about each error that failures provokes.
func failing(name, says string, judge func(error) error) rule {
	return rule{name, says, 0, func(r *run) error {
		errs, err := r.failures()
		if err != nil {
			return err
		}
		for asked, err := range errs {
			if err == nil {
				continue // another rule's business
			}
			if err := judge(err); err != nil {
				return broken("%s: %w", asked, err)
			}
		}
		return nil
	}}
}

func errorRules() []rule {
	return []rule{
		failing("errors_have_codes", "errors hold a code of package secret, a context error or errors.ErrUnsupported", func(err error) error {
			var e *secret.Error
			var code secret.Code
			switch {
			case errors.As(err, &e), errors.As(err, &code),
				errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errors.ErrUnsupported):
				return nil
			}
			return broken("%v is none of them", err)
		}),
		failing("errors_hold_no_value", "errors show no value in any verb of fmt", func(err error) error {
			for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d"} {
				if shows(fmt.Sprintf(verb, err)) {
					return broken("printed with %s the error holds a value", verb)
				}
			}
			return nil
		}),
		failing("errors_are_one_line", "errors are one line without control characters", func(err error) error {
			if strings.ContainsFunc(err.Error(), func(c rune) bool { return c < ' ' || c == 0x7f }) {
				return broken("%.200q", err)
			}
			return nil
		}),
		{"errors_name_their_key", "a *secret.Error names the key that was asked for", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			_, err = h.Provider.Get(r.ctx, keyAbsent)
			if e, ok := errors.AsType[*secret.Error](err); ok && e.Key != keyAbsent {
				return broken("Get(%q) failed with an error about %q", keyAbsent, e.Key)
			}
			return nil
		}},
	}
}
