package secrettest

import (
	"errors"

	"github.com/postern-project/postern/runtime/secret"
)

func getRules() []rule {
	return []rule{
		{"get_absent_is_not_found", "Get of an absent key returns an error that Is ErrNotFound", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if _, err := h.Provider.Get(r.ctx, keyAbsent); !errors.Is(err, secret.ErrNotFound) {
				return broken("Get(%q) = %v", keyAbsent, err)
			}
			return nil
		}},
		{"error_comes_with_zero_secret", "a Get that fails returns the zero Secret", 0, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if s, err := h.Provider.Get(r.ctx, keyAbsent); err != nil && !s.IsZero() {
				return broken("Get(%q) returned an error and a Secret that is not zero", keyAbsent)
			}
			return nil
		}},
		{"destroy_of_a_result_is_harmless", "a caller that destroys the result of a Get does not destroy that of others", 0, func(r *run) error {
			h, err := r.start(one(keyA, "shared"))
			if err != nil {
				return err
			}
			s, err := h.Provider.Get(r.ctx, keyA)
			if err != nil {
				return broken("Get(%q) = %w", keyA, err)
			}
			s.Destroy()
			return want(r.ctx, h, keyA, "shared")
		}},
		{"result_outlives_set", "the result of a Get keeps its value when the key is set again", set, func(r *run) error {
			h, err := r.start(one(keyA, "before"))
			if err != nil {
				return err
			}
			s, err := h.Provider.Get(r.ctx, keyA)
			if err != nil {
				return broken("Get(%q) = %w", keyA, err)
			}
			if err := put(r.ctx, h, keyA, "after"); err != nil {
				return err
			}
			if got, err := expose(keyA, s); err != nil || got != "before" {
				return broken("after Set the Secret from before holds %q, %v", got, err)
			}
			return nil
		}},
	}
}
