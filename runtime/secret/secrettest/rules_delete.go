package secrettest

import (
	"errors"

	"github.com/postern-project/postern/runtime/secret"
)

func deleteRules() []rule {
	return []rule{
		{"delete_removes", "after Delete, Get returns an error", del, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			_, _ = h.Provider.Get(r.ctx, keyA) // fills a cache, if there is one
			if err := h.Provider.Delete(r.ctx, keyA); err != nil {
				return broken("Delete(%q) = %w", keyA, err)
			}
			if _, err := h.Provider.Get(r.ctx, keyA); err == nil {
				return broken("Get(%q) after Delete returned a value", keyA)
			}
			return nil
		}},
		{"delete_absent_is_not_found", "Delete of an absent key returns an error that Is ErrNotFound", del, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			if err := h.Provider.Delete(r.ctx, keyAbsent); !errors.Is(err, secret.ErrNotFound) {
				return broken("Delete(%q) = %v", keyAbsent, err)
			}
			return nil
		}},
		{"delete_leaves_others", "Delete removes no other key, not even one that begins with its key", del, func(r *run) error {
			const longer = keyA + "_LONGER"
			h, err := r.start(map[secret.Key]string{keyA: "a", longer: "kept"})
			if err != nil {
				return err
			}
			if err := h.Provider.Delete(r.ctx, keyA); err != nil {
				return broken("Delete(%q) = %w", keyA, err)
			}
			return want(r.ctx, h, longer, "kept")
		}},
		{"set_after_delete_brings_back", "a deleted key can be set again", set | del, func(r *run) error {
			h, err := r.start(one(keyA, "before"))
			if err != nil {
				return err
			}
			if err := h.Provider.Delete(r.ctx, keyA); err != nil {
				return broken("Delete(%q) = %w", keyA, err)
			}
			if err := put(r.ctx, h, keyA, "again"); err != nil {
				return err
			}
			return want(r.ctx, h, keyA, "again")
		}},
	}
}
