package secrettest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// listed is the rule that judge accepts what Keys returns for a prefix.
func listed(name, want string, content map[secret.Key]string, prefix string, judge func(got []secret.Key) error) rule {
	return rule{name, want, keys, func(r *run) error {
		h, err := r.start(content)
		if err != nil {
			return err
		}
		got, err := h.Provider.Keys(r.ctx, prefix)
		if err != nil {
			return broken("Keys(%q) = %w", prefix, err)
		}
		if err := judge(got); err != nil {
			return broken("Keys(%q) = %.500q: %w", prefix, got, err)
		}
		return nil
	}}
}

// holds returns nil if got contains all names.
func holds(got []secret.Key, names ...secret.Key) error {
	listed := make(map[secret.Key]bool, len(got))
	for _, key := range got {
		listed[key] = true
	}
	for _, name := range names {
		if !listed[name] {
			return fmt.Errorf("%q is missing", name)
		}
	}
	return nil
}

func listRules() []rule {
	abc := map[secret.Key]string{"SECRETTEST_C": "3", keyA: "1", keyB: "2", "SECRETTEST_A_1": "4", "SECRETTEST_AA": "5"}
	return []rule{
		listed("keys_lists_all", "Keys of the empty prefix lists every key, also with an empty value", map[secret.Key]string{keyA: "", keyB: "b"}, "",
			func(got []secret.Key) error { return holds(got, keyA, keyB) }),
		listed("keys_sorted", "Keys sorts by bytes", abc, "", func(got []secret.Key) error {
			if !slices.IsSorted(got) {
				return errors.New("not sorted")
			}
			return nil
		}),
		listed("keys_unique", "Keys lists no key twice", abc, "", func(got []secret.Key) error {
			got = slices.Clone(got)
			slices.Sort(got)
			if len(slices.Compact(slices.Clone(got))) != len(got) {
				return errors.New("there are duplicates")
			}
			return nil
		}),
		listed("keys_prefix_is_bytes", "a prefix is any bytes, it need not end at a segment", abc, string(keyA),
			func(got []secret.Key) error { return holds(got, keyA, "SECRETTEST_A_1", "SECRETTEST_AA") }),
		listed("keys_prefix_filters", "Keys lists no key that does not begin with the prefix", abc, string(keyA), func(got []secret.Key) error {
			for _, key := range got {
				if !strings.HasPrefix(string(key), string(keyA)) {
					return fmt.Errorf("%q does not begin with the prefix", key)
				}
			}
			return nil
		}),
		listed("keys_of_unused_prefix_is_empty", "Keys of a prefix that no key has returns no keys and no error", abc, "SECRETTEST_UNUSED",
			func([]secret.Key) error { return nil }),
		listed("keys_are_canonical", "Keys lists nothing that breaks the key grammar", map[secret.Key]string{
			"secrettest/db/password": "1", "secrettest/db/user": "2",
		}, "", func(got []secret.Key) error {
			for _, key := range got {
				if err := key.Check(); err != nil {
					return err
				}
			}
			return nil
		}),
		{"keys_slice_is_callers", "a caller may change the slice that Keys returned", keys, func(r *run) error {
			h, err := r.start(map[secret.Key]string{keyA: "a", keyB: "b"})
			if err != nil {
				return err
			}
			first, err := h.Provider.Keys(r.ctx, "")
			if err != nil {
				return broken("Keys = %w", err)
			}
			for i := range first {
				first[i] = "CHANGED"
			}
			second, err := h.Provider.Keys(r.ctx, "")
			if err != nil || slices.Contains(second, "CHANGED") {
				return broken("after a caller changed the slice, Keys = %q, %v", second, err)
			}
			return nil
		}},
		{"keys_agree_after_set", "a key that was set is listed", set | keys, func(r *run) error {
			h, err := r.start(one(keyA, "a"))
			if err != nil {
				return err
			}
			_, _ = h.Provider.Keys(r.ctx, "") // fills a cache, if there is one
			if err := put(r.ctx, h, keyNew, "new"); err != nil {
				return err
			}
			got, err := list(r.ctx, h, "")
			if err != nil || !slices.Contains(got, keyNew) {
				return broken("after Set(%q), Keys = %q, %v", keyNew, got, err)
			}
			return nil
		}},
		{"keys_agree_after_delete", "a key that Get does not find any more is not listed", del | keys, func(r *run) error {
			h, err := r.start(map[secret.Key]string{keyA: "a", keyB: "b"})
			if err != nil {
				return err
			}
			_, _ = h.Provider.Keys(r.ctx, "")
			if err := h.Provider.Delete(r.ctx, keyA); err != nil {
				return broken("Delete(%q) = %w", keyA, err)
			}
			if _, err := h.Provider.Get(r.ctx, keyA); err == nil {
				return nil // delete_removes fails
			}
			got, err := list(r.ctx, h, "")
			if err != nil || slices.Contains(got, keyA) {
				return broken("after Delete(%q), Keys = %q, %v", keyA, got, err)
			}
			return nil
		}},
		{"many_keys_are_listed", "a listing of 1,500 keys is complete", keys, func(r *run) error {
			const many = 1500
			if r.MaxKeys > 0 && r.MaxKeys < many {
				return skip{"MaxKeys is smaller"}
			}
			return r.listsAll(many)
		}},
		{"keys_at_cap_are_listed", "a listing of MaxKeys keys is complete", keys, func(r *run) error {
			if r.MaxKeys == 0 {
				return skip{"the factory has no MaxKeys"}
			}
			return r.listsAll(r.MaxKeys)
		}},
		{"keys_above_cap_is_too_large", "a listing of more than MaxKeys keys returns ErrTooLarge, never a part of it", keys, func(r *run) error {
			if r.MaxKeys == 0 {
				return skip{"the factory has no MaxKeys"}
			}
			content, _ := seedOf(r.MaxKeys + 1)
			h, err := r.start(content)
			if err != nil {
				return err
			}
			if got, err := h.Provider.Keys(r.ctx, ""); !errors.Is(err, secret.ErrTooLarge) {
				return broken("Keys returned %d of %d keys, %v", len(got), r.MaxKeys+1, err)
			}
			return nil
		}},
	}
}

// listsAll returns nil if a listing of n keys is complete.
func (r *run) listsAll(n int) error {
	content, names := seedOf(n)
	h, err := r.start(content)
	if err != nil {
		return err
	}
	got, err := list(r.ctx, h, "")
	if err != nil {
		return err
	}
	if err := holds(got, names...); err != nil {
		return broken("Keys returned %d of %d keys: %w", len(got), n, err)
	}
	return nil
}
