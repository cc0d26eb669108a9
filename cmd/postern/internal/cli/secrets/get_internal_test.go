package secrets

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/format"
	"github.com/postern-project/postern/runtime/secret"
)

// Any reader of JSON gets the value and its description back.
func TestAppendJSON(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "plain", "<&>\u2028\u00a0\x7f\ufeff", "a\"b\\c\n\r\t\x00\x1f", "\xff\xfe", "日本"} {
		for _, degraded := range [][]string{nil, {"one"}, {"one", "t\"wo"}} {
			var d format.Document
			appendJSON(&d, "db/password", secret.Meta{Provider: "p", Version: "v\x01\"", Degraded: degraded}, []byte(value), false)
			var got struct {
				Key, Value, Encoding, Provider, Version string
				Degraded                                []string
			}
			if err := json.Unmarshal(d.Bytes(), &got); err != nil {
				t.Fatalf("%q: %v", d.Bytes(), err)
			}
			if got.Encoding == "base64" {
				b, err := base64.StdEncoding.DecodeString(got.Value)
				if err != nil {
					t.Fatal(err)
				}
				got.Value = string(b)
			}
			if degraded == nil {
				degraded = []string{}
			}
			if got.Key != "db/password" || got.Value != value || got.Provider != "p" || got.Version != "v\x01\"" || !reflect.DeepEqual(got.Degraded, degraded) {
				t.Errorf("%q with %q is read as %+v", value, degraded, got)
			}
		}
	}
}
