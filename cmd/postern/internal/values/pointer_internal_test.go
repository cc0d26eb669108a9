package values

import (
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

// A pointer reads what every reader of JSON reads, as it is written, and refuses the
// rest: it never gives another value than the one that was stored.
func TestPointerGivesNoOtherValue(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`{"p":"caf\u00e9"}`:                   "café",
		`{"p":"\ud83d\ude00"}`:                "😀",
		`{"p":"\\ud800 \\\ud83d\ude00"}`:      `\ud800 \😀`,
		`{"p":"\ufffd"}`:                      "\ufffd",
		`{"p":12345678901234567890.50}`:       "12345678901234567890.50",
		`{"p":"x","q":{"p":1},"r":[{"p":2}]}`: "x",
		`{"q":["p","p","q"],"p":"p"}`:         "p",
		"\ufeff" + `{"p":"x"}`:                "x",

		"{\"p\":\"caf\xe9\"}":           "",
		"{\"p\":\"x\",\"\xff\":\"y\"}":  "",
		`{"p":"x\ud800y"}`:              "",
		`{"p":"x\ude00y"}`:              "",
		`{"p":"\ud800\ud800\udc00"}`:    "",
		`{"p":"x\ud800\n"}`:             "",
		`{"p":"x","\udc00":1}`:          "",
		`{"p":"x","p":"y"}`:             "",
		`{"p":"x","\u0070":"y"}`:        "",
		`{"p":"x","q":[{"a":1,"a":2}]}`: "",
		`{"p":"x"} {"p":"y"}`:           "",
	} {
		got, err := pointInto([]byte(value), "/p")
		if want == "" && secret.CodeOf(err) != secret.ErrInvalidValue || want != "" && (err != nil || string(got) != want) {
			t.Errorf("pointInto(%q, /p) = %q, %v; want %q", value, got, err, want)
		}
	}
}
