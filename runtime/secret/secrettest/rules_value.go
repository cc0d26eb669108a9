package secrettest

import (
	"errors"

	"github.com/postern-project/postern/runtime/secret"
)

// kept is the rule that Get returns a value unchanged.
func kept(name, what, text string) rule {
	return rule{name, "Get returns " + what + " unchanged", 0, func(r *run) error {
		if r.MaxValue > 0 && len(text) > r.MaxValue {
			return skip{"MaxValue is smaller"}
		}
		h, err := r.start(one(keyA, text))
		if err != nil {
			return err
		}
		return want(r.ctx, h, keyA, text)
	}}
}

// controlBytes returns every control character, except those that have a rule of
// their own, between two letters.
func controlBytes() string {
	var b []byte
	for c := byte(1); c < ' '; c++ {
		if c != '\n' && c != '\r' && c != '\t' {
			b = append(b, c)
		}
	}
	return "a" + string(append(b, 0x7f)) + "z"
}

func valueRules() []rule {
	return []rule{
		{"empty_is_a_value", "Get of an empty value returns it, not an error", 0, func(r *run) error {
			h, err := r.start(map[secret.Key]string{keyA: "", keyB: "b"})
			if err != nil {
				return err
			}
			return want(r.ctx, h, keyA, "")
		}},
		kept("nul_is_kept", "a value with NUL bytes", "a\x00b\x00\x00"),
		kept("control_bytes_are_kept", "a value of control characters", controlBytes()),
		kept("invalid_utf8_is_kept", "a value that is not UTF-8", "a\xff\xfe\xc0\x80\xed\xa0\x80z"),
		kept("unicode_is_not_normalized", "a value of decomposed letters", "cafe\u0301 \u212b"),
		kept("byte_order_mark_is_kept", "a value that begins with a byte order mark", "\ufeffvalue"),
		kept("trailing_newline_is_kept", "a value that ends in a newline", "value\n"),
		kept("inner_newlines_are_kept", "a value of several lines", "one\ntwo\n\nthree"),
		kept("crlf_is_kept", "a value with CRLF line ends", "one\r\ntwo"),
		kept("blanks_are_kept", "a value that begins and ends with blanks", " \tvalue \t"),
		kept("quotes_are_kept", "a value in quotes", `"it's"`),
		kept("text_is_not_expanded", "a value that looks like variable references", `$HOME ${HOME} %PATH% \n`),
		kept("one_mib_round_trip", "a value of 1 MiB", uniform('m', 1<<20-1)+"."),
		{"get_above_cap_is_too_large", "Get of a value above MaxValue returns ErrTooLarge, never a part of it", 0, func(r *run) error {
			if r.MaxValue == 0 {
				return skip{"the factory has no MaxValue"}
			}
			h, err := r.start(one(keyA, uniform('x', r.MaxValue+1)))
			if err != nil {
				return err
			}
			if s, err := h.Provider.Get(r.ctx, keyA); !errors.Is(err, secret.ErrTooLarge) {
				text, _ := s.ExposeString()
				return broken("Get returned %d of %d bytes, %v", len(text), r.MaxValue+1, err)
			}
			return nil
		}},
		{"value_at_cap_is_accepted", "Set accepts a value of MaxValue bytes", set, func(r *run) error {
			if r.MaxValue == 0 {
				return skip{"the factory has no MaxValue"}
			}
			h, err := r.start(nil)
			if err != nil {
				return err
			}
			text := uniform('x', r.MaxValue)
			if err := put(r.ctx, h, keyNew, text); err != nil {
				return err
			}
			return want(r.ctx, h, keyNew, text)
		}},
		{"value_above_cap_is_too_large", "Set of a value above MaxValue returns ErrTooLarge", set, func(r *run) error {
			if r.MaxValue == 0 {
				return skip{"the factory has no MaxValue"}
			}
			h, err := r.start(nil)
			if err != nil {
				return err
			}
			if err := put(r.ctx, h, keyNew, uniform('x', r.MaxValue+1)); !errors.Is(err, secret.ErrTooLarge) {
				return broken("Set of %d bytes: %v", r.MaxValue+1, err)
			}
			return nil
		}},
		{"refused_set_changes_nothing", "a Set that is refused does not change the value", set, func(r *run) error {
			if r.MaxValue == 0 {
				return skip{"the factory has no MaxValue"}
			}
			h, err := r.start(one(keyA, "before"))
			if err != nil {
				return err
			}
			if err := put(r.ctx, h, keyA, uniform('x', r.MaxValue+1)); err == nil {
				return nil // value_above_cap_is_too_large fails
			}
			return want(r.ctx, h, keyA, "before")
		}},
	}
}
