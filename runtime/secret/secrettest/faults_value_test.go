package secrettest_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

func valueFaults() []fault {
	return append([]fault{
		{"empty_is_a_value", "treats an empty value as absent", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				s, err := p.memory.Get(ctx, key)
				if err == nil && text(s) == "" {
					return secret.Secret{}, fail(secret.OpGet, key, secret.ErrNotFound)
				}
				return s, err
			}
		}},
		{"nul_is_kept", "cuts a value at NUL", nil, returning(func(s string) string {
			before, _, _ := strings.Cut(s, "\x00")
			return before
		})},
		{"control_bytes_are_kept", "drops control characters", nil, returning(func(s string) string {
			var b []byte
			for _, c := range []byte(s) {
				if c >= ' ' && c != 0x7f || strings.IndexByte("\x00\n\r\t", c) >= 0 {
					b = append(b, c)
				}
			}
			return string(b)
		})},
		{"invalid_utf8_is_kept", "repairs UTF-8", nil, returning(func(s string) string { return strings.ToValidUTF8(s, "\ufffd") })},
		{"unicode_is_not_normalized", "composes letters", nil, returning(strings.NewReplacer("e\u0301", "\u00e9").Replace)},
		{"byte_order_mark_is_kept", "drops a byte order mark", nil, returning(func(s string) string { return strings.TrimPrefix(s, "\ufeff") })},
		{"trailing_newline_is_kept", "drops a trailing newline", nil, returning(func(s string) string { return strings.TrimSuffix(s, "\n") })},
		{"inner_newlines_are_kept", "drops empty lines", nil, returning(strings.NewReplacer("\n\n", "\n").Replace)},
		{"crlf_is_kept", "turns CRLF into LF", nil, returning(strings.NewReplacer("\r\n", "\n").Replace)},
		{"blanks_are_kept", "trims blanks", nil, returning(func(s string) string { return strings.Trim(s, " \t") })},
		{"quotes_are_kept", "removes quotes", nil, returning(func(s string) string { return strings.Trim(s, `"`) })},
		{"text_is_not_expanded", "expands references", nil, returning(func(s string) string {
			return os.Expand(s, func(string) string { return "" })
		})},
		{"one_mib_round_trip", "reads into a buffer of 512 KiB", func(f *secrettest.Factory) { f.MaxValue = 0 },
			returning(func(s string) string { return s[:min(len(s), 512<<10)] })},
	}, capFaults()...)
}

// refusing makes Set return answer for a text that is too large.
func refusing(tooLarge func(n int) bool, answer func(p *faulty, key secret.Key, text string) error) func(*faulty) {
	return func(p *faulty) {
		p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
			if s := text(value); ctx.Err() == nil && tooLarge(len(s)) {
				return answer(p, key, s)
			}
			return p.memory.Set(ctx, key, value)
		}
	}
}

func capFaults() []fault {
	above := func(n int) bool { return n > maxValue }
	return []fault{
		{"get_above_cap_is_too_large", "cuts a value at the cap", nil, func(p *faulty) {
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				s, err := p.memory.Get(ctx, key)
				if errors.Is(err, secret.ErrTooLarge) {
					return secret.FromString(p.values[key].text[:maxValue])
				}
				return s, err
			}
		}},
		{"value_at_cap_is_accepted", "treats the cap as exclusive", nil,
			refusing(func(n int) bool { return n == maxValue }, func(_ *faulty, key secret.Key, _ string) error {
				return fail(secret.OpSet, key, secret.ErrTooLarge)
			})},
		{"value_above_cap_is_too_large", "reports a value above the cap as an outage", nil,
			refusing(above, func(_ *faulty, key secret.Key, _ string) error {
				return fail(secret.OpSet, key, secret.ErrUnavailable)
			})},
		{"refused_set_changes_nothing", "stores a part and returns too_large", nil,
			refusing(above, func(p *faulty, key secret.Key, text string) error {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.put(key, text[:maxValue])
				return fail(secret.OpSet, key, secret.ErrTooLarge)
			})},
	}
}

func keyFaults() []fault {
	number := func(key secret.Key) (float64, bool) {
		f, err := strconv.ParseFloat(string(key), 64)
		return f, err == nil
	}
	const nowhere secret.Key = "nowhere"
	return []fault{
		{"punctuated_keys_are_kept", "reads + as a blank", nil, finding(func(_ *memory, key secret.Key) secret.Key {
			return secret.Key(strings.ReplaceAll(string(key), "+", " "))
		})},
		{"dotted_segments_are_names", "hides segments that begin with a dot", nil, finding(func(_ *memory, key secret.Key) secret.Key {
			if strings.Contains(string(key), "/.") {
				return nowhere
			}
			return key
		})},
		{"long_keys_are_not_truncated", "compares the first 255 bytes of a key", nil, finding(func(m *memory, key secret.Key) secret.Key {
			if len(key) <= 255 {
				return key
			}
			return m.firstOr(key, func(other secret.Key) bool { return strings.HasPrefix(string(other), string(key[:255])) })
		})},
		{"keys_are_case_sensitive", "ignores case", nil, finding(func(m *memory, key secret.Key) secret.Key {
			return m.firstOr(key, func(other secret.Key) bool { return strings.EqualFold(string(other), string(key)) })
		})},
		{"nested_keys_are_found", "looks only two folders deep", nil, finding(func(_ *memory, key secret.Key) secret.Key {
			if strings.Count(string(key), "/") > 2 {
				return nowhere
			}
			return key
		})},
		{"key_may_be_a_folder_too", "treats a key with keys below it as a folder", nil, finding(func(m *memory, key secret.Key) secret.Key {
			names, _ := m.Keys(context.Background(), string(key)+"/")
			if len(names) > 0 {
				return nowhere
			}
			return key
		})},
		{"digits_are_text", "treats digits as a number", nil, finding(func(m *memory, key secret.Key) secret.Key {
			want, ok := number(key)
			if !ok {
				return key
			}
			return m.firstOr(key, func(other secret.Key) bool {
				got, ok := number(other)
				return ok && got == want
			})
		})},
	}
}

func setFaults() []fault {
	return []fault{
		{"set_is_visible", "remembers that a key was absent", nil, func(p *faulty) {
			missed := map[secret.Key]bool{}
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				p.state.Lock()
				defer p.state.Unlock()
				s, err := p.memory.Get(ctx, key)
				if missed[key] = missed[key] || errors.Is(err, secret.ErrNotFound); missed[key] {
					return secret.Secret{}, fail(secret.OpGet, key, secret.ErrNotFound)
				}
				return s, err
			}
		}},
		{"set_replaces", "keeps the value of a key that exists", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				if before, err := p.memory.Get(ctx, key); err == nil && len(text(value)) <= maxValue {
					value = before
				}
				return p.memory.Set(ctx, key, value)
			}
		}},
		{"set_leaves_others", "deletes the key after the one that it replaces", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				names, _ := p.memory.Keys(ctx, "")
				err := p.memory.Set(ctx, key, value)
				if i := slices.Index(names, key); err == nil && i >= 0 && i+1 < len(names) {
					return p.memory.Delete(ctx, names[i+1])
				}
				return err
			}
		}},
		{"set_of_empty_is_not_delete", "treats an empty value as a deletion", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				if text(value) != "" {
					return p.memory.Set(ctx, key, value)
				}
				_ = p.memory.Delete(ctx, key)
				return nil
			}
		}},
		{"set_keeps_bytes_or_refuses", "stores CRLF as LF", nil, storing(strings.NewReplacer("\r\n", "\n").Replace)},
		{"set_does_not_keep_value", "keeps the Secret of the caller", nil, func(p *faulty) {
			kept := map[secret.Key]secret.Secret{}
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				p.state.Lock()
				defer p.state.Unlock()
				err := p.memory.Set(ctx, key, value)
				if err == nil {
					kept[key] = value
				}
				return err
			}
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				p.state.Lock()
				defer p.state.Unlock()
				s, err := p.memory.Get(ctx, key)
				if value, ok := kept[key]; err == nil && ok {
					return value.WithMeta(s.Meta()), nil
				}
				return s, err
			}
		}},
		{"set_leaves_its_argument", "destroys its argument", nil, func(p *faulty) {
			p.set = func(ctx context.Context, key secret.Key, value secret.Secret) error {
				defer value.Destroy()
				return p.memory.Set(ctx, key, value)
			}
		}},
	}
}

func deleteFaults() []fault {
	return []fault{
		{"delete_removes", "deletes nothing and reports success", nil, func(p *faulty) {
			p.del = func(ctx context.Context, key secret.Key) error {
				p.state.Lock()
				defer p.state.Unlock()
				e := p.values[key]
				err := p.memory.Delete(ctx, key)
				if err == nil {
					p.values[key] = e
				}
				return err
			}
		}},
		{"delete_absent_is_not_found", "deletes absent keys without an error", nil, func(p *faulty) {
			p.del = func(ctx context.Context, key secret.Key) error {
				if err := p.memory.Delete(ctx, key); !errors.Is(err, secret.ErrNotFound) {
					return err
				}
				return nil
			}
		}},
		{"delete_leaves_others", "deletes a prefix", nil, func(p *faulty) {
			p.del = func(ctx context.Context, key secret.Key) error {
				names, _ := p.memory.Keys(ctx, string(key))
				err := p.memory.Delete(ctx, key)
				for _, name := range names {
					_ = p.memory.Delete(ctx, name)
				}
				return err
			}
		}},
		{"set_after_delete_brings_back", "hides keys once they were deleted", nil, func(p *faulty) {
			deleted := map[secret.Key]bool{}
			p.del = func(ctx context.Context, key secret.Key) error {
				err := p.memory.Delete(ctx, key)
				deleted[key] = deleted[key] || err == nil
				return err
			}
			p.get = func(ctx context.Context, key secret.Key) (secret.Secret, error) {
				if deleted[key] {
					return secret.Secret{}, fail(secret.OpGet, key, secret.ErrNotFound)
				}
				return p.memory.Get(ctx, key)
			}
		}},
	}
}
