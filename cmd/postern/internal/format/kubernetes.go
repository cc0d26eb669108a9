package format

import (
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// Object names a Kubernetes Secret.
type Object struct {
	Name      string // a DNS subdomain, at most 253 bytes
	Namespace string // a DNS label, at most 63 bytes; "" writes none
}

// The limits of the Kubernetes API server.
const (
	maxSubdomain = 253
	maxLabel     = 63
	maxDataKey   = 253
	maxData      = 1 << 20
)

// Check returns an error if the API server would reject a name.
func (o Object) Check() error {
	if len(o.Name) > maxSubdomain || !subdomain(o.Name) {
		return fmt.Errorf("invalid name for a Secret: %q; want lower-case letters, digits, \"-\" and \".\", with a letter or digit at both ends of each part, and at most %d bytes", o.Name, maxSubdomain)
	}
	if o.Namespace != "" && (len(o.Namespace) > maxLabel || !label(o.Namespace)) {
		return fmt.Errorf("invalid namespace %q; want lower-case letters, digits and \"-\", with a letter or digit at both ends, and at most %d bytes", o.Namespace, maxLabel)
	}
	return nil
}

func subdomain(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if !label(part) {
			return false
		}
	}
	return true
}

func label(s string) bool {
	edge := func(b byte) bool { return 'a' <= b && b <= 'z' || '0' <= b && b <= '9' }
	if s == "" || !edge(s[0]) || !edge(s[len(s)-1]) {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// Kubernetes appends the manifest of a Secret with the values in base64. The names
// of its data are the keys, with "." in place of characters that are not allowed. It
// is an error with the code invalid_key if two keys have the same name or a name is
// not valid, and too_large if the values have more than 1 MiB together.
func Kubernetes(d *Document, o Object, entries []Entry) error {
	if err := o.Check(); err != nil {
		return err
	}
	names, err := dataNames(entries)
	if err != nil {
		return err
	}
	undo := d.undo()
	d.AppendString("apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"" + o.Name + "\"\n")
	if o.Namespace != "" {
		d.AppendString("  namespace: \"" + o.Namespace + "\"\n")
	}
	d.AppendString("type: Opaque\ndata:")
	if len(entries) == 0 {
		d.AppendString(" {}")
	}
	d.Append('\n')
	size := 0
	err = each(d, entries, func(e Entry, value []byte) error {
		if size += len(value); size > maxData {
			return &secret.Error{Code: secret.ErrTooLarge, Op: secret.OpGet, Key: e.Key,
				Detail: fmt.Sprintf("the values up to this one have more than %d bytes, the most that a Secret can hold", maxData)}
		}
		d.AppendString("  \"" + names[e.Key] + "\": \"")
		d.AppendBase64(value)
		d.AppendString("\"\n")
		return nil
	})
	if err != nil {
		undo()
	}
	return err
}

func dataNames(entries []Entry) (map[secret.Key]string, error) {
	names := make(map[secret.Key]string, len(entries))
	owner := make(map[string]secret.Key, len(entries))
	for _, e := range entries {
		name := strings.NewReplacer("/", ".", ":", ".", "@", ".", "+", ".").Replace(string(e.Key))
		bad := func(why string) error {
			return &secret.Error{Code: secret.ErrInvalidKey, Op: secret.OpGet, Key: e.Key, Detail: why}
		}
		other, taken := owner[name]
		switch {
		case taken:
			return nil, bad(fmt.Sprintf("it has the same name in the Secret, %q, as the key %q", name, other))
		case len(name) > maxDataKey:
			return nil, bad(fmt.Sprintf("its name in the Secret has more than %d bytes", maxDataKey))
		case name == "." || strings.HasPrefix(name, ".."):
			return nil, bad("its name in the Secret would begin with two dots or be \".\"")
		}
		names[e.Key], owner[name] = name, e.Key
	}
	return names, nil
}
