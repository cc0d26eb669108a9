package secrettest

import (
	"errors"

	"github.com/postern-project/postern/runtime/secret"
)

// kept is the rule that a value comes back as it was stored.
func kept(name, what, text string) rule {
	return rule{name, "Get returns " + what + " as it was stored", 0, func(r *run) error {
		if r.MaxValue > 0 && len(text) > r.MaxValue {
			return skip{"the cap on values is lower"}
		}
		h, err := r.start(one(keyA, text))
		if err != nil {
			return err
		}
		return want(r.ctx, h, keyA, text)
	}}
}

// controlBytes holds every control character that text formats like to touch,
// but for those that have a rule of their own.
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
		kept("invalid_utf8_is_kept", "a value that is no UTF-8", "a\xff\xfe\xc0\x80\xed\xa0\x80z"),
		kept("unicode_is_not_normalised", "a value of decomposed letters", "cafe\u0301 \u212b"),
		kept("byte_order_mark_is_kept", "a value that begins with a byte order mark", "\ufeffvalue"),
		kept("trailing_newline_is_kept", "a value that ends in a newline", "value\n"),
		kept("inner_newlines_are_kept", "a value of several lines", "one\ntwo\n\nthree"),
		kept("crlf_is_kept", "a value with CRLF line ends", "one\r\ntwo"),
		kept("blanks_are_kept", "a value between blanks", " \tvalue \t"),
		kept("quotes_are_kept", "a value in quotes", `"it's"`),
		kept("text_is_not_expanded", "a value that looks like references", `$HOME ${HOME} %PATH% \n`),
		kept("one_mib_round_trip", "a value of 1 MiB", uniform('m', 1<<20-1)+"."),
		{"get_above_cap_is_too_large", "Get of a value above the cap returns ErrTooLarge, never a part", 0, func(r *run) error {
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
		{"value_at_cap_is_taken", "Set takes a value as large as the cap", set, func(r *run) error {
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
		{"value_above_cap_is_too_large", "Set of a value above the cap returns ErrTooLarge", set, func(r *run) error {
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
		{"refused_set_changes_nothing", "a Set that is refused leaves the value before in place", set, func(r *run) error {
			if r.MaxValue == 0 {
				return skip{"the factory has no MaxValue"}
			}
			h, err := r.start(one(keyA, "before"))
			if err != nil {
				return err
			}
			if err := put(r.ctx, h, keyA, uniform('x', r.MaxValue+1)); err == nil {
				return nil // another rule's business
			}
			return want(r.ctx, h, keyA, "before")
		}},
	}
}
