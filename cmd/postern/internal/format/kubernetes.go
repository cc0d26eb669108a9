package format

import (
	"fmt"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// Object names a Kubernetes Secret.
type Object struct {
	Name      string // a DNS subdomain, 253 bytes at most
	Namespace string // a DNS label, 63 bytes at most; "" leaves it to the reader
}

// Limits of the API server.
const (
	maxSubdomain = 253
	maxLabel     = 63
	maxDataKey   = 253
	maxData      = 1 << 20
)

// Check is an error when the API server would refuse a name.
func (o Object) Check() error {
	if len(o.Name) > maxSubdomain || !subdomain(o.Name) {
		return fmt.Errorf("%q is no name for a Secret: small letters, digits, \"-\" and \".\", a letter or digit at both ends of each part, %d bytes at most", o.Name, maxSubdomain)
	}
	if o.Namespace != "" && (len(o.Namespace) > maxLabel || !label(o.Namespace)) {
		return fmt.Errorf("%q is no namespace: small letters, digits and \"-\", a letter or digit at both ends, %d bytes at most", o.Namespace, maxLabel)
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

// Kubernetes appends the manifest of a Secret, values in base64. In the names of
// its data "." stands for whatever a Secret does not take in a name. Two keys
// that meet in one name, and a name that is not taken, are errors with the code
// invalid_key; more than 1 MiB of values is too_large.
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
				Detail: fmt.Sprintf("a Secret holds %d bytes at most, and the values up to this one are more", maxData)}
		}
		d.AppendString("  \"" + names[e.Key] + "\": \"")
		appendBase64(d, value)
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
			return nil, bad(fmt.Sprintf("in a Secret its name is %q, and so is that of %q", name, other))
		case len(name) > maxDataKey:
			return nil, bad(fmt.Sprintf("a name in a Secret has %d bytes at most", maxDataKey))
		case name == "." || strings.HasPrefix(name, ".."):
			return nil, bad("a name in a Secret cannot begin with two dots")
		}
		names[e.Key], owner[name] = name, e.Key
	}
	return names, nil
}
