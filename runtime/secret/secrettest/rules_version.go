package secrettest

import (
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// versioned is a rule about the version of a value. It is skipped for a store
// without versions.
func versioned(name, want string, needs ability, judge func(r *run, h *Harness, version string) error) rule {
	return rule{name, want, needs, func(r *run) error {
		h, err := r.start(one(keyA, canary))
		if err != nil {
			return err
		}
		s, err := h.Provider.Get(r.ctx, keyA)
		if err != nil {
			return broken("Get(%q) = %w", keyA, err)
		}
		if s.Version() == "" {
			return skip{"the store has no versions"}
		}
		return judge(r, h, s.Version())
	}}
}

func version(r *run, h *Harness, key secret.Key) (string, error) {
	s, err := h.Provider.Get(r.ctx, key)
	if err != nil {
		return "", broken("Get(%q) = %w", key, err)
	}
	return s.Version(), nil
}

func versionRules() []rule {
	return []rule{
		versioned("version_changes_on_set", "Set changes the version", set,
			func(r *run, h *Harness, before string) error {
				if err := put(r.ctx, h, keyA, "after"); err != nil {
					return err
				}
				after, err := version(r, h, keyA)
				if err == nil && after == before {
					return broken("both values have version %q", after)
				}
				return err
			}),
		versioned("version_is_stable", "the version does not change without a Set", 0,
			func(r *run, h *Harness, before string) error {
				after, err := version(r, h, keyA)
				if err == nil && after != before {
					return broken("version %q became %q", before, after)
				}
				return err
			}),
		versioned("version_is_printable", "a version is at most 256 bytes of printable ASCII", 0,
			func(_ *run, _ *Harness, v string) error {
				if len(v) > 256 || strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c > '~' }) {
					return broken("the version has %d bytes: %.80q", len(v), v)
				}
				return nil
			}),
		versioned("version_holds_no_value", "a version does not contain the value", 0,
			func(_ *run, _ *Harness, v string) error {
				if shows(v) {
					return broken("the version contains the value")
				}
				return nil
			}),
	}
}
