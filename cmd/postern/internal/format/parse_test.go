package format_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/knadh/koanf/parsers/yaml"

	"github.com/postern-project/postern/cmd/postern/internal/format"
)

// checkParsers writes a value as JSON, YAML and a Secret and parses the results.
func checkParsers(t *testing.T, value []byte) {
	t.Helper()
	entries := []format.Entry{entry(t, "db/password", "", value), entry(t, "null", "", value), entry(t, "1", "", nil)}
	want := map[string]any{"db/password": string(value), "null": string(value), "1": ""}
	var d format.Document
	if err := format.JSON(&d, entries); utf8.Valid(value) {
		var got map[string]any
		if err != nil || json.Unmarshal(d.Bytes(), &got) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("JSON of %q: %v, read as %q", value, err, got)
		}
		if got, err := yaml.Parser().Unmarshal(d.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("JSON of %q read as YAML: %v, %q", value, err, got)
		}
	}
	var y format.Document
	if err := format.YAML(&y, entries); err != nil {
		t.Fatalf("YAML of %q: %v", value, err)
	}
	if got, err := yaml.Parser().Unmarshal(y.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("YAML of %q: %v, read as %q\n%s", value, err, got, y.Bytes())
	}
	if !bytes.Equal(bytes.Split(y.Bytes(), []byte("\n"))[3], nil) || bytes.Count(y.Bytes(), []byte("\n")) != 3 {
		t.Errorf("YAML of %q is not a line per key", value)
	}
	checkManifest(t, value, entries)
}

func checkManifest(t *testing.T, value []byte, entries []format.Entry) {
	t.Helper()
	var k format.Document
	if err := format.Kubernetes(&k, format.Object{Name: "true", Namespace: "1"}, entries); err != nil {
		t.Fatalf("Secret of %q: %v", value, err)
	}
	coded := base64.StdEncoding.EncodeToString(value)
	want := map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata": map[string]any{"name": "true", "namespace": "1"},
		"data":     map[string]any{"db.password": coded, "null": coded, "1": ""},
	}
	if got, err := yaml.Parser().Unmarshal(k.Bytes()); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Secret of %q: %v, read as %q", value, err, got)
	}
}

func TestParsersReadBack(t *testing.T) {
	t.Parallel()
	for _, value := range values() {
		checkParsers(t, []byte(value))
	}
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	checkParsers(t, all)
	var runes strings.Builder
	for r := range rune(0x3000) {
		runes.WriteRune(r)
	}
	runes.WriteString("\ufeff\ufffd\ufffe\uffff\U0010ffff")
	checkParsers(t, []byte(runes.String()))
}

func FuzzParsers(f *testing.F) {
	for _, value := range values() {
		f.Add([]byte(value))
	}
	f.Fuzz(checkParsers)
}

func TestNoEntries(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"shell": "", "dotenv": "", "masks": "", "github": "", "json": "{}\n", "yaml": "{}\n",
		"k8s": "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"app\"\ntype: Opaque\ndata: {}\n",
	} {
		var d format.Document
		if err := writers[name](&d, nil); err != nil || string(d.Bytes()) != want {
			t.Errorf("%s of nothing: %q, %v", name, d.Bytes(), err)
		}
	}
}
