package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/config"
)

// The smallest configurations that load, in each format.
const (
	smallYAML = "providers: {a: {module: memory}}\n"
	smallTOML = "[providers.a]\nmodule = 'memory'\n"
	smallJSON = `{"providers": {"a": {"module": "memory"}}`
)

// TestNothingInAFileIsIgnored: what a parser would skip, or turn into something else, is
// refused with its line. The settings after it might be those that protect.
func TestNothingInAFileIsIgnored(t *testing.T) {
	t.Parallel()
	const deny = "policy: {preset: deny-all}\n"
	tests := []struct{ name, file, text, want string }{
		{"text behind the end", "p.yaml", smallYAML + "...\n" + deny, `line 2: there is text behind the line "..."`},
		{"text behind the end and a blank", "p.yaml", smallYAML + "... # end\n" + deny, `line 2: there is text behind the line "..."`},
		{"malformed text behind the end", "p.yaml", smallYAML + "\n...\n{{{ x", `line 3: there is text behind the line "..."`},
		{"document behind the end", "p.yaml", smallYAML + "...\n---\n" + deny, `line 2: there is text behind the line "..."`},
		{"NUL behind the end", "p.yaml", smallYAML + "...\n\x00", "line 3: a NUL byte"},
		{"second document", "p.yaml", "---\n" + smallYAML + "---\n" + deny, "line 3: a second document begins"},
		{"second document that is malformed", "p.yaml", smallYAML + "--- {{{\n", "line 2: a second document begins"},
		{"second document that is empty", "p.yaml", smallYAML + "---\n", "line 2: a second document begins"},
		{"second document, CRLF", "p.yaml", "providers: {}\r\n---\r\n", "line 2: a second document begins"},
		{"second document in Mac lines", "p.yaml", smallYAML + "a: b\r---\r" + deny, "line 2: a carriage return without a line feed"},
		{"empty document first", "p.yaml", "# x\n---\n---\n" + smallYAML, "line 3: a second document begins"},
		{"version", "p.yaml", "# x\n%YAML 1.1\n---\n" + smallYAML, "line 2: directives such as"},
		{"unknown directive", "p.yaml", "%FOO x\n---\n" + smallYAML, "line 1: directives such as"},
		{"tag of a tool", "p.yaml", smallYAML + "caller: !env USER\n", "line 2: tags such as !env"},
		{"tag of a tool at a mapping", "p.yaml", smallYAML + "labels: !include {a: b}\n", "line 2: tags such as !env"},
		{"tag of a tool at a key", "p.yaml", smallYAML + "!x caller: a\n", "line 2: tags such as !env"},
		{"tag of a tool at the document", "p.yaml", "--- !vault\n" + smallYAML, "line 1: tags such as !env"},
		{"tag that does not fit", "p.yaml", smallYAML + "labels: !!str {a: b}\n", "line 2: tags such as !env"},
		{"tag that decodes", "p.yaml", smallYAML + "caller: !!binary YWJj\n", "line 2: tags such as !env"},
		{"keys that are one number", "p.yaml", smallYAML + "labels: {1: a, 0x1: b}\n", "line 2: want a string as the key; put it in quotes"},
		{"key that is a boolean", "p.yaml", smallYAML + "labels:\n  true: a\n", "line 3: want a string as the key; put it in quotes"},
		{"key that is nothing", "p.yaml", smallYAML + "labels: {~: a}\n", "line 2: want a string as the key"},
		{"key that is a date", "p.yaml", smallYAML + "labels: {2020-01-01: a}\n", "line 2: want a string as the key"},
		{"key that is a list", "p.yaml", smallYAML + "labels: {[a]: a}\n", "line 2: want a string as the key"},
		{"key that is an alias of another", "p.yaml", smallYAML + "caller: &c x\nlabels: {*c : a, x: b}\n", "line 3: duplicate key"},
		{"key with a tag and without", "p.yaml", smallYAML + "labels: {a: b, !!str a: c}\n", "line 2: duplicate key"},
		{"merged mapping that is overridden", "p.yaml", smallYAML + "labels: {<<: {a: b}, a: c}\n", "line 2: want an alias of a mapping"},
		{"merged mappings that override", "p.yaml", smallYAML + "labels: {<<: [{a: b}, {a: c}]}\n", "line 2: want an alias of a mapping"},
		{"alias of what it is in", "p.yaml", smallYAML + "labels: &a {x: *a}\n", "line 2: an alias of what it is in"},
		{"mark in the middle", "p.yaml", smallYAML + "\ufeff" + deny, "line 2: a byte order mark that is not at the start"},
		{"line separator in a comment", "p.yaml", smallYAML + "# x\u2028" + deny, "line 2: the control character U+2028"},
		{"next line in a comment", "p.toml", smallTOML + "# x\u0085[policy]", "line 3: the control character U+0085"},
		{"end of a file of CP/M", "p.toml", smallTOML + "\x1a[policy]", "line 3: the control character U+001A"},
		{"mark in the middle of TOML", "p.toml", smallTOML + "\ufeff[policy]", "line 3: a byte order mark"},
		{"UTF-16 without a mark", "p.json", "{\x00}\x00", "line 1: a NUL byte"},
		{"UTF-16, big", "p.json", "\xfe\xff\x00{\x00}", "line 1: the file is UTF-16 or UTF-32"},
		{"NUL behind JSON", "p.json", smallJSON + "}\n\x00", "line 2: a NUL byte"},
		{"half of a surrogate pair", "p.json", smallJSON + ",\n" + `"labels": {"a": "\\\ud800"}}`, "line 2: an escape that is half of a surrogate pair"},
		{"second half of a surrogate pair", "p.json", smallJSON + ",\n" + `"labels": {"a": "\udc00\ud800"}}`, "line 2: an escape that is half of a surrogate pair"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := loadError(t, named(t, tt.file, tt.text)); !strings.Contains(got, tt.want) {
				t.Errorf("Load: %s, want %q in it", got, tt.want)
			}
		})
	}
}

// TestUnusualFilesAreRead: what has one meaning only is not refused.
func TestUnusualFilesAreRead(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, file, text, label string }{
		{"end of the document", "p.yaml", "---\n" + smallYAML + "labels: {a: x}\n...\n# a comment\n\n", "x"},
		{"mark at the start of YAML", "p.yaml", "\ufeff" + smallYAML + "labels: {a: x}", "x"},
		{"mark at the start of TOML", "p.toml", "\ufeff" + smallTOML + "[labels]\na = 'x'", "x"},
		{"mark at the start of JSON", "p.json", "\ufeff" + smallJSON + `, "labels": {"a": "x"}}`, "x"},
		{"alias", "p.yaml", smallYAML + "caller: &a x\nlabels: {a: *a}\n", "x"},
		{"tag that fits", "p.yaml", smallYAML + "labels: {a: !!str 5, !!str 1: b}\n", "5"},
		{"percent sign in the text", "p.yaml", smallYAML + "labels: {a: '\n%x'}\n", " %x"},
		{"dots in a block", "p.yaml", smallYAML + "labels:\n  a: |-\n    ...\n", "..."},
		{"quoted merge key", "p.yaml", smallYAML + "labels: {'<<': y, a: x}\n", "x"},
		{"lines of Windows", "p.yaml", "providers: {a: {module: memory}}\r\nlabels:\r\n  a: x\r\n", "x"},
		{"surrogate pair", "p.json", smallJSON + `, "labels": {"a": "\\ud800\ud83d\ude00"}}`, `\ud800` + "\U0001f600"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(named(t, tt.file, tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Options.Caller.Labels["a"]; got != tt.label {
				t.Errorf("the label is %q, want %q", got, tt.label)
			}
		})
	}
}

// TestMergedMappings: a mapping that is used elsewhere may be merged into another, which
// overrides parts of it.
func TestMergedMappings(t *testing.T) {
	t.Parallel()
	c, err := config.Load(named(t, "p.yaml", "providers:\n  a: &base { module: memory, config: {} }\n  b: { <<: *base, module: env, grant: { env: [B_*] } }\n  c: { <<: [*base] }\nchain: [a, b, c]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Options.Providers[0].Module + c.Options.Providers[1].Module + c.Options.Providers[2].Module; got != "memoryenvmemory" {
		t.Errorf("the modules are %q", got)
	}
}

// TestTrustStoreWithAnotherLine: a line that postern did not write is refused with its
// number. A revocation would not find it.
func TestTrustStoreWithAnotherLine(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"lines of Windows":  func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"mark":              func(s string) string { return "\ufeff" + s },
		"blank at the end":  func(s string) string { return strings.TrimSpace(s) + " \n" },
		"NUL":               func(s string) string { return strings.TrimSpace(s) + "\x00\n" },
		"two in one line":   func(s string) string { return strings.TrimSpace(s) + s },
		"cut off":           func(s string) string { return s[:len(s)-2] },
		"digest alone":      func(s string) string { return s[:64] + "\n" },
		"digest in capital": func(s string) string { return "ABCDEF" + s[6:] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := home(t)
			dir := folder(t, map[string]string{"postern.yaml": "providers: {a: {module: env, grant: {env: [A]}}}"})
			s := config.Sources{Dir: dir, Environ: env}
			if _, err := config.Trust(s); err != nil {
				t.Fatal(err)
			}
			store := filepath.Join(strings.TrimPrefix(env[0], "XDG_STATE_HOME="), "postern", "trusted")
			text, err := os.ReadFile(store)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(store, []byte(change(string(text))), 0o600); err != nil {
				t.Fatal(err)
			}
			const want = "line 1: want a digest and a path in quotes"
			if got := loadError(t, s); !strings.Contains(got, want) {
				t.Errorf("Load: %s, want %q in it", got, want)
			}
			if _, err := config.Distrust(s); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Distrust: %v, want %q in it", err, want)
			}
		})
	}
}
