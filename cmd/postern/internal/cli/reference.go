package cli

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-project/postern/runtime/config"
	"github.com/postern-project/postern/runtime/secret"
)

// scheme begins a reference.
const scheme = "postern://"

// reference is a key and what to do with it:
//
//	postern://KEY?provider=NAME&default=TEXT#/json/pointer
//
// A key alone is one too.
type reference struct {
	key      secret.Key
	provider string
	fallback *string // when there is no such key
	pointer  string  // into the value, "" for the whole
}

// parseReference reads a key or a reference. Its error is invalid_key.
func parseReference(s string) (reference, error) {
	rest, ok := strings.CutPrefix(s, scheme)
	if !ok {
		if hint := ours(s); hint != "" {
			return reference{}, badReference("this is a reference of another tool", hint)
		}
		key, err := secret.ParseKey(s)
		return reference{key: key}, err
	}
	var r reference
	rest, fragment, _ := strings.Cut(rest, "#")
	name, query, _ := strings.Cut(rest, "?")
	var err error
	if r.key, err = secret.ParseKey(name); err != nil {
		return reference{}, err
	}
	if r.pointer, err = url.PathUnescape(fragment); err != nil || r.pointer != "" && r.pointer[0] != '/' {
		return reference{}, badReference(`what follows "#" is no JSON pointer: it begins with "/"`, "")
	}
	return r, r.options(query)
}

// options reads provider and default. A "+" stands for itself.
func (r *reference) options(query string) error {
	if query == "" {
		return nil
	}
	seen := map[string]bool{}
	for option := range strings.SplitSeq(query, "&") {
		name, escaped, _ := strings.Cut(option, "=")
		value, err := url.PathUnescape(escaped)
		switch {
		case err != nil:
			return badReference(fmt.Sprintf("the value of %q is not percent-encoded as it must be", name), "")
		case seen[name]:
			return badReference(fmt.Sprintf("%q is there twice", name), "")
		}
		seen[name] = true
		switch name {
		case "provider":
			r.provider = value
		case "default":
			r.fallback = &value
		default:
			text := fmt.Sprintf("unknown option %q", name)
			if near := config.Closest(name, []string{"provider", "default"}); near != "" {
				text += fmt.Sprintf(", did you mean %q?", near)
			}
			return badReference(text, "")
		}
	}
	return nil
}

// ours translates a reference of vals or 1Password, or returns "". Where their
// place names a store and a path, ours has a key; which provider it is found in
// is the configuration's matter.
func ours(s string) string {
	body := ""
	switch {
	case strings.HasPrefix(s, "op://"):
		body = strings.TrimPrefix(s, "op://")
	case strings.HasPrefix(s, "ref+"), strings.HasPrefix(s, "secretref+"):
		_, body, _ = strings.Cut(s, "://")
	default:
		return ""
	}
	body, fragment, _ := strings.Cut(strings.TrimSuffix(body, "+"), "#")
	path, _, _ := strings.Cut(body, "?")
	key, err := secret.ParseKey(strings.Trim(path, "/"))
	if err != nil {
		return "postern get " + scheme + "KEY"
	}
	command := "postern get " + scheme + string(key)
	if strings.HasPrefix(fragment, "/") && !strings.ContainsAny(fragment, "'\n") {
		return "postern get '" + scheme + string(key) + "#" + fragment + "'"
	}
	return command
}

func badReference(text, hint string) error {
	if hint == "" {
		hint = "postern help get"
	}
	return (&secret.Error{Code: secret.ErrInvalidKey, Detail: text}).Wrap(config.Hint(hint))
}

// finish makes of a key's value, or of its absence, what the reference says.
func (ref reference) finish(v secret.Secret, err error) (secret.Secret, error) {
	if err == nil && ref.pointer != "" {
		v, err = pointed(v, ref)
	}
	if errors.Is(err, secret.ErrNotFound) && ref.fallback != nil {
		return secret.FromString(*ref.fallback)
	}
	return v, err
}

// pointed replaces a value by the part of it that ref points at.
func pointed(v secret.Secret, ref reference) (secret.Secret, error) {
	var part secret.Secret
	err := v.Expose(func(b []byte) error {
		found, err := pointInto(b, ref.pointer)
		if err != nil {
			var e *secret.Error
			if errors.As(err, &e) {
				e.Op, e.Key, e.Provider = secret.OpGet, ref.key, v.Provider()
			}
			return err
		}
		part, err = secret.FromBytes(found)
		return err
	})
	if err != nil {
		return secret.Secret{}, err
	}
	return part.WithMeta(v.Meta()), nil
}
