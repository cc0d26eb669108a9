package values

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Scheme is the beginning of every reference.
const Scheme = "postern://"

// Reference names a value:
//
//	postern://KEY?provider=NAME&default=TEXT#/json/pointer
//
// A key alone is a reference too.
type Reference struct {
	Key      secret.Key
	Provider string
	Default  *string // the value if there is no such key
	Pointer  string  // JSON pointer into the value, "" for the whole value
}

// ParseReference parses a key or a reference. The code of its error is
// invalid_key.
func ParseReference(s string) (Reference, error) {
	rest, ok := strings.CutPrefix(s, Scheme)
	if !ok {
		if ours := Translate(s); ours != "" {
			return Reference{}, badReference("this is a reference of another tool", string(suggest.Command("postern", "get", ours)))
		}
		key, err := secret.ParseKey(s)
		return Reference{Key: key}, err
	}
	var r Reference
	rest, fragment, _ := strings.Cut(rest, "#")
	name, query, _ := strings.Cut(rest, "?")
	var err error
	if r.Key, err = secret.ParseKey(name); err != nil {
		return Reference{}, err
	}
	if r.Pointer, err = url.PathUnescape(fragment); err != nil || r.Pointer != "" && r.Pointer[0] != '/' {
		return Reference{}, badReference(`invalid JSON pointer after "#"; want one that begins with "/"`, "")
	}
	return r, r.options(query)
}

// options parses provider and default. A "+" is not decoded to a space.
func (r *Reference) options(query string) error {
	if query == "" {
		return nil
	}
	seen := map[string]bool{}
	for option := range strings.SplitSeq(query, "&") {
		name, escaped, _ := strings.Cut(option, "=")
		value, err := url.PathUnescape(escaped)
		switch {
		case err != nil:
			return badReference(fmt.Sprintf("the value of the option %q is not percent-encoded", name), "")
		case seen[name]:
			return badReference(fmt.Sprintf("the option %q is given twice", name), "")
		}
		seen[name] = true
		switch name {
		case "provider":
			if r.Provider = value; value == "" {
				return badReference(`the option "provider" is empty; give it a name, or leave it out`, "postern provider list")
			}
		case "default":
			r.Default = &value
		default:
			return badReference(fmt.Sprintf("unknown option %q", name)+app.DidYouMean(name, []string{"provider", "default"}), "")
		}
	}
	return nil
}

func badReference(text, hint string) error {
	if hint == "" {
		hint = "postern help get"
	}
	return (&secret.Error{Code: secret.ErrInvalidKey, Detail: text}).Wrap(suggest.Hint(hint))
}

// finish applies the reference's pointer and default to the result of a Get.
func (ref Reference) finish(v secret.Secret, err error) (secret.Secret, error) {
	if err == nil && ref.Pointer != "" {
		v, err = pointed(v, ref)
	}
	if errors.Is(err, secret.ErrNotFound) && ref.Default != nil {
		return secret.FromString(*ref.Default)
	}
	return v, err
}

// pointed returns the part of a value that the pointer of ref names.
func pointed(v secret.Secret, ref Reference) (secret.Secret, error) {
	var part secret.Secret
	err := v.Expose(func(b []byte) error {
		found, err := pointInto(b, ref.Pointer)
		if err != nil {
			var e *secret.Error
			if errors.As(err, &e) {
				e.Op, e.Key, e.Provider = secret.OpGet, ref.Key, v.Provider()
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
