package secrettest

import (
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// distinct is the rule that all keys of content are different keys.
func distinct(name, demand string, content map[secret.Key]string) rule {
	return rule{name, demand, 0, func(r *run) error {
		h, err := r.start(content)
		if err != nil {
			return err
		}
		for key, text := range content {
			if err := want(r.ctx, h, key, text); err != nil {
				return err
			}
		}
		return nil
	}}
}

func keyRules() []rule {
	long := strings.Repeat("k", secret.MaxKeyLen-1)
	return []rule{
		distinct("punctuated_keys_are_kept", "keys may hold every character of the key grammar", map[secret.Key]string{
			"secrettest/a.b_c": "1", "secrettest/a+b": "2", "secrettest/user@host:22": "3", "secrettest/a-b": "4",
		}),
		distinct("dotted_segments_are_names", `segments such as "..." and ".env" are ordinary names`, map[secret.Key]string{
			"secrettest/...": "1", "secrettest/.env": "2", "secrettest/a..b": "3",
		}),
		distinct("long_keys_are_not_truncated", "keys of 512 bytes that differ in the last byte are two keys", map[secret.Key]string{
			secret.Key(long + "1"): "1", secret.Key(long + "2"): "2",
		}),
		distinct("keys_are_case_sensitive", "keys that differ in case are two keys", map[secret.Key]string{
			"SECRETTEST_CASE": "upper", "SECRETTEST_case": "lower",
		}),
		distinct("nested_keys_are_found", "keys of several segments are found", map[secret.Key]string{
			"secrettest/prod/db/password": "1", "secrettest/prod/web/password": "2",
		}),
		distinct("key_may_be_a_folder_too", `"a" and "a/b" are two keys`, map[secret.Key]string{
			"secrettest/x": "key", "secrettest/x/y": "below",
		}),
		distinct("digits_are_text", `"1", "01" and "1.0" are three keys`, map[secret.Key]string{
			"1": "one", "01": "padded", "1.0": "fraction",
		}),
	}
}
