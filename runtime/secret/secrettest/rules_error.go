package secrettest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// failures makes calls that fail, on a store and with arguments that hold the
// canary, and returns the errors by a description of the call.
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
		errs["Set above MaxValue"] = put(r.ctx, h, keyA, canary+uniform('x', r.MaxValue))
	}
	ctx, cancel := r.ended(context.Canceled)
	defer cancel()
	for op, err := range r.ops(ctx, h) {
		errs["canceled "+string(op)] = err
	}
	return errs, nil
}

// failing is a rule about each error that failures returns.
func failing(name, want string, judge func(error) error) rule {
	return rule{name, want, 0, func(r *run) error {
		errs, err := r.failures()
		if err != nil {
			return err
		}
		for call, err := range errs {
			if err == nil {
				continue // other rules demand the error
			}
			if err := judge(err); err != nil {
				return broken("%s: %w", call, err)
			}
		}
		return nil
	}}
}

func errorRules() []rule {
	return []rule{
		failing("errors_have_codes", "errors wrap a code of package secret, a context error or errors.ErrUnsupported", func(err error) error {
			var e *secret.Error
			var code secret.Code
			switch {
			case errors.As(err, &e), errors.As(err, &code),
				errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errors.ErrUnsupported):
				return nil
			}
			return broken("%v wraps none of them", err)
		}),
		failing("errors_hold_no_value", "errors show no value, whatever the fmt verb", func(err error) error {
			for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d"} {
				if shows(fmt.Sprintf(verb, err)) {
					return broken("printed with %s, the error contains a value", verb)
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
		{"errors_name_their_key", "a *secret.Error names the requested key", 0, func(r *run) error {
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
