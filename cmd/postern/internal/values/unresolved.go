package values

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
)

// StandIn is a value that a program is about to get although it stands for another one:
// somebody had to resolve or to decrypt it first.
type StandIn struct {
	Name  string // the variable or the key
	Where string // where its value is from
	What  string // what [FindStandIn] says about it
}

const (
	foreignReference = "a reference of another tool"
	nearlyReference  = "nearly a reference (one is " + Scheme + "KEY alone, in lower case, without quotes or blanks around it)"
	storedReference  = "a reference, and references that a provider has as values are not resolved"
	encryptedValue   = "an encrypted value that nobody decrypted"
	maskedValue      = "the masked output of a command, in which the value itself is lost"
)

// maxStandIn is the length in bytes of the longest value that is looked at. References
// are short; what sops or dotenvx encrypted may be as long as a key or a certificate.
const maxStandIn = 64 << 10

// FindStandIn says what a value is if all of it stands for another one: a reference of
// postern or of another tool, also with quotes or blanks around it or in another case, or
// a value that sops, dotenvx or eyaml encrypted; or if it has a mask in it. It returns ""
// for every other value; one that only contains a reference is none.
func FindStandIn(value []byte) string {
	if len(value) > maxStandIn {
		return ""
	}
	if HasMask(value) {
		return maskedValue
	}
	body := bytes.TrimSpace(value)
	if n := len(body); n >= 2 && body[0] == body[n-1] && strings.IndexByte("\"'`", body[0]) >= 0 {
		if bytes.IndexByte(body[1:n-1], body[0]) >= 0 { // several quoted words
			return ""
		}
		body = bytes.TrimSpace(body[1 : n-1])
	}
	switch {
	case len(body) == 0 || bytes.ContainsAny(body, "\r\n"):
		return ""
	case isEncrypted(body):
		return encryptedValue
	case isForeign(body):
		return foreignReference
	case !hasScheme(body, Scheme[:len(Scheme)-1]) || bytes.ContainsAny(body, " \t"):
		return ""
	case bytes.HasPrefix(value, []byte(Scheme)):
		return storedReference
	}
	return nearlyReference
}

// NearlyReference returns the reference that text is nearly, "" if there is none.
func NearlyReference(text string) string {
	if FindStandIn([]byte(text)) != nearlyReference {
		return ""
	}
	text = strings.Trim(text, " \t\"'`")
	return Scheme + strings.TrimLeft(text[len("postern:"):], "/")
}

// isForeign reports whether text is a reference of 1Password or vals. Only the names in
// those of 1Password may have blanks.
func isForeign(text []byte) bool {
	if hasScheme(text, "op://") {
		return true
	}
	for _, prefix := range []string{"ref+", "secretref+"} {
		if hasScheme(text, prefix) {
			backend, path, found := bytes.Cut(text[len(prefix):], []byte("://"))
			return found && len(path) > 0 && len(backend) > 0 && !bytes.ContainsAny(backend, "+: \t") && !bytes.ContainsAny(path, " \t")
		}
	}
	return false
}

// hasScheme reports whether text begins with prefix, in any case, and is longer.
func hasScheme(text []byte, prefix string) bool {
	return len(text) > len(prefix) && bytes.EqualFold(text[:len(prefix)], []byte(prefix))
}

// minEncrypted is the length in base64 that what dotenvx encrypted always exceeds: it has
// a public key, a nonce and a tag.
const minEncrypted = 64

// isEncrypted reports whether text has the form of a value that dotenvx, sops or eyaml
// encrypted.
func isEncrypted(text []byte) bool {
	if data, found := bytes.CutPrefix(text, []byte("encrypted:")); found {
		return len(data) >= minEncrypted && !slices.ContainsFunc(data, notBase64)
	}
	for _, begin := range []string{"ENC[AES256_GCM,", "ENC[PKCS7,", "ENC[GPG,"} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return bytes.IndexByte(text, ']') == len(text)-1
		}
	}
	return false
}

func notBase64(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return strings.IndexByte("+/=-_", c) < 0
}

// FindStandInSecret is [FindStandIn] for the value of a Secret.
func FindStandInSecret(value secret.Secret) (what string, err error) {
	err = value.Expose(func(b []byte) error {
		what = FindStandIn(b)
		return nil
	})
	return what, err
}

// ReportStandIns warns of values that are passed on although they stand for others, all
// of one kind in one warning. If strict is set, it returns the first warning as an error.
// It shows none of the values.
func ReportStandIns(a *app.App, all []StandIn, strict bool, hint string) error {
	names, kinds := map[string][]string{}, []string{}
	for _, s := range all {
		if names[s.What] == nil {
			kinds = append(kinds, s.What)
		}
		names[s.What] = append(names[s.What], fmt.Sprintf("%q (%s)", s.Name, s.Where))
	}
	for _, what := range kinds {
		shown, n := names[what], len(names[what])
		text := listed(shown[:min(n, app.MaxListed)], n) + " is " + what
		if n > 1 {
			text = listed(shown[:min(n, app.MaxListed)], n) + ": each is " + what
		}
		if strict {
			return &app.Failure{Exit: app.ExitData, Code: secret.ErrInvalidValue, Text: text, Hint: hint}
		}
		a.Warn("%s; passed on unchanged", text)
	}
	return nil
}
