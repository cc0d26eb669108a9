package redact_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

func jsonOf(v string) string { b, _ := json.Marshal(v); return unquote(string(b)) }

// formats write a value as their formats want it, with what stands around it there.
var formats = []struct {
	name, open, close string
	write             func(string) string
}{
	{"json", `{"v": "`, `", "n": 1}`, jsonOf},
	{"json, alone", `"`, `"`, jsonOf},
	{"json in a list", `["`, `","x"]`, jsonOf},
	{"json in json", `{"m":"{\"v\":\"`, `\",\"n\":1}"}`, func(v string) string { return jsonOf(jsonOf(v)) }},
	{"go", `v="`, `" x`, func(v string) string { return unquote(strconv.Quote(v)) }},
	{"shell", "echo '", "' x", replacing("'", `'\''`)},
	{"shell with quotes", "echo '", "' x", replacing("'", `'"'"'`)},
	{"shell double", `echo "`, `" x`, replacing(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")},
	{"powershell", `echo "`, `" x`, replacing("`", "``", `"`, "`\"", "$", "`$")},
	{"sql", "insert values ('", "', 1)", replacing("'", "''")},
	{"csv", `1,"`, `",2`, replacing(`"`, `""`)},
	{"html", `<a b="`, `" c="d">`, replacing("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")},
	{"html text", "<p>", "</p>", replacing("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")},
	{"html numbers", `<a b="`, `" c="d">`, references("&#%d;")},
	{"html in json", `{"v":"<a b='`, `'>"}`, func(v string) string { return jsonOf(references("&#x%x;")(v)) }},
	{"percent", "https://h/?a=", "&b=c", keeping("", percentOf)},
	{"form", "a=", "&b=c", keeping("", formOf)},
	{"yaml", "v: '", "' # x", replacing("'", "''")},
	{"python", `["`, `", 1]`, func(v string) string {
		return unquote(`"` + strings.ReplaceAll(unquote(strconv.Quote(v)), `\"`, `"`) + `"`)
	}},
}

// TM-156: what a printer puts around a value stays, whichever signs the value begins or
// ends with: the output can be read as before.
func TestTM156Printers(t *testing.T) {
	t.Parallel()
	signs := []string{"", `"`, "'", `\`, "%", "^", "`", "&", "$", ";", "]", "+", `""`, "''", `\"`, `'"`}
	for _, first := range signs {
		for i, rnd := range sample.Rounds(t, rounds(3)*len(signs)) {
			last := signs[i%len(signs)]
			v := first + random(rnd, letters, 3) + random(rnd, symbols, 3+rnd.IntN(8)) + random(rnd, letters, 3) + last
			if rnd.IntN(2) == 0 {
				v = first + "hunter2-secret-x9" + last
			}
			if redact.Classify([]byte(v)) != "" || strings.Contains(v, "  ") {
				continue
			}
			r := filled(t, redact.AllEncodings, []string{v})
			for _, p := range formats {
				in, want := p.open+p.write(v)+p.close, p.open+"[REDACTED:key/00000]"+p.close
				if p.name == "python" && strings.Contains(v, `"`) {
					continue
				}
				if got := r.String(in); got != want {
					t.Errorf("%s: value %q\ntext %s\ngot  %s\nwant %s", p.name, v, in, got, want)
				}
			}
			r.Close()
		}
	}
}
