package secrettest

import (
	"errors"

	"github.com/postern-project/postern/runtime/secret"
)

func setRules() []rule {
	return []rule{
		{"set_is_visible", "a Get that begins after Set returned sees the value, even if the key was absent before", set, func(r *run) error {
			h, err := r.start(nil)
			if err != nil {
				return err
			}
			_, _ = h.Provider.Get(r.ctx, keyNew) // fills a cache, if there is one
			if err := put(r.ctx, h, keyNew, "new"); err != nil {
				return err
			}
			return want(r.ctx, h, keyNew, "new")
		}},
		{"set_replaces", "Set of an existing key replaces its value", set, func(r *run) error {
			h, err := r.start(map[secret.Key]string{keyA: "before, and longer", keyB: "b"})
			if err != nil {
				return err
			}
			_, _ = h.Provider.Get(r.ctx, keyA)
			if err := put(r.ctx, h, keyA, "after"); err != nil {
				return err
			}
			return want(r.ctx, h, keyA, "after")
		}},
		{"set_leaves_others", "Set changes no other key", set, func(r *run) error {
			h, err := r.start(map[secret.Key]string{keyA: "a", keyB: "b"})
			if err != nil {
				return err
			}
			if err := put(r.ctx, h, keyA, "after"); err != nil {
				return err
			}
			return want(r.ctx, h, keyB, "b")
		}},
		{"set_of_empty_is_not_delete", "Set of an empty value stores it", set, func(r *run) error {
			h, err := r.start(one(keyA, ""))
			if err != nil {
				return err
			}
			if want(r.ctx, h, keyA, "") != nil {
				return nil // empty_is_a_value fails
			}
			if err := put(r.ctx, h, keyNew, ""); err != nil {
				return err
			}
			return want(r.ctx, h, keyNew, "")
		}},
		{"set_keeps_bytes_or_refuses", "Set stores arbitrary bytes unchanged or returns ErrInvalidValue", set, func(r *run) error {
			const text = "line\r\n\x00\xff'\"$X\\ \n"
			h, err := r.start(one(keyA, text))
			if _, cannot := errors.AsType[skip](err); cannot {
				h, err = r.start(nil)
			} else if err == nil && want(r.ctx, h, keyA, text) != nil {
				return nil // a rule about Get fails
			}
			if err != nil {
				return err
			}
			if err := put(r.ctx, h, keyNew, text); errors.Is(err, secret.ErrInvalidValue) {
				return nil
			} else if err != nil {
				return err
			}
			return want(r.ctx, h, keyNew, text)
		}},
		{"set_does_not_keep_value", "the caller may destroy its Secret once Set returned", set, func(r *run) error {
			h, err := r.start(nil)
			if err != nil {
				return err
			}
			s, err := secret.FromString("mine")
			if err != nil {
				return err
			}
			if err := h.Provider.Set(r.ctx, keyNew, s); err != nil {
				return broken("Set(%q) = %w", keyNew, err)
			}
			s.Destroy()
			return want(r.ctx, h, keyNew, "mine")
		}},
		{"set_leaves_its_argument", "Set does not destroy the Secret that it gets", set, func(r *run) error {
			h, err := r.start(nil)
			if err != nil {
				return err
			}
			s, err := secret.FromString("mine")
			if err != nil {
				return err
			}
			defer s.Destroy()
			if err := h.Provider.Set(r.ctx, keyNew, s); err != nil {
				return broken("Set(%q) = %w", keyNew, err)
			}
			if text, err := s.ExposeString(); err != nil || text != "mine" {
				return broken("after Set the caller's Secret holds %q, %v", text, err)
			}
			return nil
		}},
	}
}
