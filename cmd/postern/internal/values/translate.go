package values

import (
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// Translate returns the reference that stands for one of vals or 1Password, or
// "" if s is neither. Their references name a store and a path in it; the path
// becomes the key, and the configuration says which provider has it.
func Translate(s string) string {
	body := ""
	switch {
	case strings.HasPrefix(s, "op://"):
		body = strings.TrimPrefix(s, "op://")
	case strings.HasPrefix(s, "ref+"), strings.HasPrefix(s, "secretref+"):
		backend, path, found := strings.Cut(s, "://")
		if !found || strings.ContainsAny(backend, " \t\r\n") {
			return ""
		}
		body = path
	default:
		return ""
	}
	body, fragment, _ := strings.Cut(strings.TrimSuffix(body, "+"), "#")
	path, _, _ := strings.Cut(body, "?")
	key, err := secret.ParseKey(strings.Trim(path, "/"))
	switch {
	case err != nil:
		return Scheme + "KEY"
	case strings.HasPrefix(fragment, "/") && !strings.ContainsAny(fragment, "'\n"):
		return Scheme + string(key) + "#" + fragment
	}
	return Scheme + string(key)
}
