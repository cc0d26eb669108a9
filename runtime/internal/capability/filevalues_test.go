package capability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/capability"
)

// Whatever way a value is written in a file, the text of a guest does not show what
// the guest read there: values of short pieces, in quotes, in lists and mappings,
// after a name, alone on a line, and with the escapes of each format.
func TestTM019ValuesOfFilesAreMaskedHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	pieces := []string{"cor:rec:hor", "a=b=c", "1,2,3", "x y z", "ab cd:ef", "[q]r", "k: v", "{a}b", "p's q", "correct-horse", "horse:ab:battery"}
	for _, value := range pieces {
		for name, format := range map[string]string{
			"dotenv":              "OTHER=some\nKEY=%s\n",
			"dotenv, comment":     "KEY=%s # a comment\n",
			"dotenv, export":      "export KEY=%s\nNEXT=other\n",
			"dotenv, CRLF":        "KEY=%s\r\nNEXT=other\r\n",
			"double quotes":       "KEY=\"%s\"\n",
			"TOML":                "# don't\nkey = \"%s\" # a comment\n",
			"JSON":                `{"a":"%s","b":"other"}`,
			"YAML":                "key: %s\nnext: it's\n",
			"YAML, list":          "key:\n  - %s\n  - other\n",
			"YAML, mapping":       "- key: %s\n",
			"YAML, block scalar":  "key: |\n  %s\nnext: other\n",
			"a secret of its own": "%s",
		} {
			text := shownAfterReading(fmt.Sprintf(format, value), "the value is "+value+".")
			if strings.Contains(text, value) {
				t.Errorf("%s: %q shows %q", name, text, value)
			}
		}
	}
	for written, value := range map[string]string{
		`"p\u00e4ss"`:                 "päss",
		`"p\xe4s"`:                    "päs",
		`"\U0001f511 ab"`:             "🔑 ab",
		`"\ud83d\udd11ab"`:            "🔑ab",
		`"a\"b\"c"`:                   `a"b"c`,
		`"a\\b\\c"`:                   `a\b\c`,
		`"ab\ncd"`:                    "ab\ncd",
		`"ab\tcd"`:                    "ab\tcd",
		`"ab\/cd"`:                    "ab/cd",
		`'a''b''c'`:                   `a'b'c`,
		"\"ab \\\n   cd\"":            "ab cd",
		`"cor\u003arec"`:              "cor:rec",
		`"a\eb\_c"`:                   "a\x1bb\u00a0c",
		"# don't\nk = \"p\\u00e4ss\"": "päss",
	} {
		for _, after := range []string{"", "\n", " # comment\n", "\nnext: 'other'\n"} {
			text := shownAfterReading("key = "+written+after, "<"+value+">")
			if strings.Contains(text, value) || !strings.Contains(text, "<[REDACTED:file]>") {
				t.Errorf("%s%q: %q shows %q", written, after, text, value)
			}
		}
	}
}

// What is not in the file stays readable.
func TestOtherTextOfAGuestIsShown(t *testing.T) {
	t.Parallel()
	const text = "line 3: no closing quote, wanted one of: a name or a comment"
	if got := shownAfterReading("KEY=cor:rec:hor\nNAME=\"p\\u00e4ss\nx: {q}\n", text); got != text {
		t.Errorf("shows %q", got)
	}
}

// A file can be made so that looking for the ends of its quotes would take long.
func TestTM019TooManyOpenQuotesHideAllText(t *testing.T) {
	t.Parallel()
	file := strings.Repeat(`"\`, 60_000)
	if got := shownAfterReading(file, "some text"); !strings.Contains(got, "left out") {
		t.Errorf("shows %q", got)
	}
}

func shownAfterReading(file, text string) string {
	return capability.MaskedByFile([]byte(file), text)
}
