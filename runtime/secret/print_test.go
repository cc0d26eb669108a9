package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	htmltemplate "html/template"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"github.com/postern-project/postern/runtime/secret"
)

const canary = "canary-9d27e1-\"quoted\"\n\x00\xfe-end"

// leaks reports whether text contains value raw, escaped, in base64 or in hex. The
// beginning of value counts too, in case an encoding escapes the bytes after it.
func leaks(text, value string) bool {
	raw := []byte(value)
	start := raw[:min(len(raw), 13)]
	forms := []string{
		value, hex.EncodeToString(raw), fmt.Sprintf("%X", raw), fmt.Sprintf("% x", raw),
		strings.Trim(strconv.Quote(value), `"`), strings.Trim(fmt.Sprint(raw), "[]"),
		base64.StdEncoding.EncodeToString(raw)[:len(raw)], base64.URLEncoding.EncodeToString(raw)[:len(raw)],
		string(start), hex.EncodeToString(start), fmt.Sprintf("%X", start),
		strings.Trim(fmt.Sprint(start), "[]"), strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", start), "[]byte{"), "}"),
	}
	for _, form := range forms {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

type (
	exported     struct{ Password secret.Secret }
	unexported   struct{ password secret.Secret }
	pointerField struct{ password *secret.Secret }
)

// shapes returns s in the types in which it usually reaches a printer.
func shapes(s secret.Secret) map[string]any {
	return map[string]any{
		"value":                       s,
		"pointer":                     &s,
		"slice":                       []secret.Secret{s},
		"map":                         map[string]secret.Secret{"k": s},
		"exported field":              exported{s},
		"unexported field":            unexported{s},
		"pointer to unexported field": &unexported{s},
		"interface":                   []any{s, &s},
		"unexported pointer":          pointerField{&s},
		"map key":                     map[*secret.Secret]int{&s: 1}, // a Secret itself cannot be one,
		"array of structs":            [1]unexported{{s}},
	}
}

func TestTM131SecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	s, err := secret.FromString(canary)
	if err != nil {
		t.Fatal(err)
	}
	s = s.WithMeta(secret.Meta{Version: "v1", Provider: "p"})
	ways := 0
	check := func(way, shape, text string) {
		t.Helper()
		ways++
		if leaks(text, canary) {
			t.Errorf("%s of a %s shows the value: %q", way, shape, text)
		}
	}
	for shape, v := range shapes(s) {
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %d %X %t %p %c %U %08b %-20s %y") {
			check(verb, shape, fmt.Sprintf(verb, v))
		}
		check("Sprint", shape, fmt.Sprint(v))
		check("Errorf", shape, fmt.Errorf("failed: %v", v).Error())
		for way, text := range encodings(v) {
			check(way, shape, text)
		}
		for way, text := range otherPrinters(v) {
			check(way, shape, text)
		}
	}
	if ways < 71 {
		t.Errorf("%d ways of printing were tried, want at least 71", ways)
	}
	if text, err := s.ExposeString(); err != nil || !leaks(text, canary) {
		t.Errorf("ExposeString() = %q, %v: the test would not have seen a leak", text, err)
	}
}

// otherPrinters prints v in the ways that encodings leaves out. If v cannot be
// encoded, the text of the error is checked instead.
func otherPrinters(v any) map[string]string {
	result := func(b *bytes.Buffer, err error) string { return fmt.Sprintf("%s %v", b, err) }
	ways := map[string]string{}

	var indented, x, g, l bytes.Buffer
	enc := json.NewEncoder(&indented)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	ways["json encoder"] = result(&indented, enc.Encode(v))
	ways["xml"] = result(&x, xml.NewEncoder(&x).Encode(v))
	ways["gob"] = result(&g, gob.NewEncoder(&g).Encode(v))
	log.New(&l, "", 0).Println(v)
	ways["log"] = l.String()

	for _, text := range []string{`{{.}}`, `{{printf "%v %s %q %x %#v" . . . . .}}`, `{{range .}}{{.}}{{end}}`, `{{.Password}}`} {
		var plain, page bytes.Buffer
		ways["text/template "+text] = result(&plain, template.Must(template.New("t").Parse(text)).Execute(&plain, v))
		html := `<p title="` + text + `">` + text + `</p><script>x = ` + text + `</script>`
		ways["html/template "+text] = result(&page, htmltemplate.Must(htmltemplate.New("t").Parse(html)).Execute(&page, v))
	}
	return ways
}

// Where the printer calls a method of Secret, it always gets the same text.
func TestTM131SecretPrintsAsRedacted(t *testing.T) {
	t.Parallel()
	s, _ := secret.FromString(canary)
	for _, s := range []secret.Secret{s, {}} {
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %d") {
			if got := fmt.Sprintf(verb, s); got != secret.Redacted {
				t.Errorf("Sprintf(%q) = %q, want %q", verb, got, secret.Redacted)
			}
		}
		if got, err := json.Marshal(exported{s}); err != nil || string(got) != `{"Password":"[REDACTED]"}` {
			t.Errorf("json = %s, %v", got, err)
		}
		if got, err := xml.Marshal(exported{s}); err != nil || string(got) != `<exported><Password>[REDACTED]</Password></exported>` {
			t.Errorf("xml = %s, %v", got, err)
		}
		// The encoders of YAML and TOML call these two.
		if got, err := s.MarshalText(); err != nil || string(got) != secret.Redacted {
			t.Errorf("MarshalText() = %s, %v", got, err)
		}
		if got, err := s.MarshalBinary(); err != nil || string(got) != secret.Redacted {
			t.Errorf("MarshalBinary() = %s, %v", got, err)
		}
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "s", s)
		if !strings.Contains(b.String(), `"s":"[REDACTED]"`) {
			t.Errorf("slog = %s", &b)
		}
	}
}

// panicVariable names the shape that the test binary panics with instead of
// running tests.
const panicVariable = "POSTERN_TEST_PANIC_WITH"

func TestTM131PanicShowsNoValue(t *testing.T) {
	if shape := os.Getenv(panicVariable); shape != "" {
		s, err := secret.FromString(canary)
		if err != nil {
			t.Fatal(err)
		}
		held := shapes(s)[shape]
		panicBelow(s, held)
	}
	t.Parallel()
	for shape := range shapes(secret.Secret{}) {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestTM131PanicShowsNoValue$")
			cmd.Env = append(os.Environ(), panicVariable+"="+shape, "GOTRACEBACK=all")
			out, err := cmd.CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte("panic:")) || !bytes.Contains(out, []byte("panicBelow(")) {
				t.Fatalf("the child ended with %v and no panic: %s", err, out)
			}
			if leaks(string(out), canary) {
				t.Errorf("the panic shows the value: %s", out)
			}
		})
	}
}

// panicBelow has the secret as an argument, so that the stack trace includes it.
//
//go:noinline
func panicBelow(s secret.Secret, held any) { panic(held) }

// TestSecretsAreNotComparable: == on two Secrets would compare handles.
func TestSecretsAreNotComparable(t *testing.T) {
	t.Parallel()
	if reflect.TypeFor[secret.Secret]().Comparable() {
		t.Error("== on Secrets compiles")
	}
}
