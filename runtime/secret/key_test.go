package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/secret"
)

func TestKeyGrammar(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", secret.MaxKeyLen)
	for _, tt := range []struct {
		in, fault string // fault is a part of the error's text, "" for a valid key
	}{
		{"a", ""}, {"DB_URL", ""}, {"db/password", ""}, {"a/b/c/d", ""}, {"0", ""},
		{"user@host", ""}, {"a:b", ""}, {"a+b", ""}, {"-", ""}, {"_", ""}, {"...", ""},
		{".env", ""}, {"..data", ""}, {"a..b", ""}, {"v1.2.3/x", ""}, {"C:/x", ""},
		{long, ""}, {long[:255] + "/" + long[:256], ""},

		{"", "empty"}, {long + "k", "513 bytes"}, {strings.Repeat("k", 1<<20), "1048576 bytes"},
		{"/", "begin or end"}, {"/a", "begin or end"}, {"a/", "begin or end"}, {"//", "begin or end"},
		{"a//b", `segment ""`}, {".", `segment "."`}, {"..", `segment ".."`}, {"a/./b", `segment "."`},
		{"../a", `segment ".."`}, {"a/..", `segment ".."`}, {"a/../b", `segment ".."`},
		{"a b", "byte 2"}, {" a", "byte 1"}, {"a\t", "byte 2"}, {"a\n", "byte 2"}, {"a\r\nb", "byte 2"},
		{"a\x00b", "byte 2"}, {"\x1b[2J", "byte 1"}, {"a\x7f", "byte 2"}, {"a\xff", "byte 2"},
		{`a\b`, "byte 2"}, {"a=b", "byte 2"}, {"a?b", "byte 2"}, {"a#b", "byte 2"}, {"a%2Fb", "byte 2"},
		{"a&b", "byte 2"}, {"a;b", "byte 2"}, {"$(a)", "byte 1"}, {"`a`", "byte 1"}, {"a'b", "byte 2"},
		{`a"b`, "byte 2"}, {"a*", "byte 2"}, {"{a}", "byte 1"}, {"[a]", "byte 1"}, {"~a", "byte 1"},
		{"a,b", "byte 2"}, {"a|b", "byte 2"}, {"a<b", "byte 2"}, {"a!b", "byte 2"}, {"a^b", "byte 2"},
	} {
		key, err := secret.ParseKey(tt.in)
		if tt.fault == "" {
			if err != nil || string(key) != tt.in {
				t.Errorf("ParseKey(%q) = %q, %v, want it unchanged", tt.in, key, err)
			}
			continue
		}
		if !errors.Is(err, secret.ErrInvalidKey) || key != "" {
			t.Errorf("ParseKey(%.40q) = %.40q, %v, want \"\", invalid_key", tt.in, key, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.fault) || len(err.Error()) > 400 {
			t.Errorf("ParseKey(%.40q): %.500q, want %q in it and at most 400 bytes", tt.in, err, tt.fault)
		}
		if checked := secret.Key(tt.in).Check(); checked == nil || checked.Error() != err.Error() {
			t.Errorf("Key(%.40q).Check() = %v, want %v", tt.in, checked, err)
		}
	}
}

// Valid says what Check says.
func TestValidIsCheckWithoutTheReason(t *testing.T) {
	t.Parallel()
	for i := range 4 * 4 * 4 * 4 * 4 * 4 { // all texts of six letters
		var text []byte
		for ; i > 0; i /= 4 {
			text = append(text, "a./ "[i%4])
		}
		if key := secret.Key(text); key.Valid() != (key.Check() == nil) {
			t.Errorf("Key(%q).Valid() = %t, Check() = %v", key, key.Valid(), key.Check())
		}
	}
}

// Every byte outside of the grammar is rejected, and every byte of it accepted.
func TestKeyBytes(t *testing.T) {
	t.Parallel()
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@:+-/"
	for b := range 256 {
		err := secret.Key("a" + string([]byte{byte(b)}) + "a").Check()
		if want := strings.IndexByte(allowed, byte(b)) >= 0; (err == nil) != want {
			t.Errorf("Key with byte %#02x: Check() = %v, want accepted %t", b, err, want)
		}
	}
}

func TestTM094UnicodeKeysAreRefused(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"cyrillic a":           "p\u0430ssword",
		"greek omicron":        "t\u03bfken",
		"composed":             "caf\u00e9",
		"decomposed":           "cafe\u0301",
		"full width":           "\uff44\uff42",
		"full width solidus":   "db\uff0fpassword",
		"full width full stop": "\uff0e\uff0e/a",
		"division slash":       "db\u2215password",
		"fraction slash":       "db\u2044password",
		"one dot leader":       "\u2024\u2024/a",
		"two dot leader":       "\u2025/a",
		"right to left mark":   "a\u200fb",
		"bidi override":        "a\u202eb",
		"bidi isolate":         "a\u2066b\u2069",
		"zero width space":     "a\u200bb",
		"zero width joiner":    "a\u200db",
		"soft hyphen":          "a\u00adb",
		"no-break space":       "a\u00a0b",
		"line separator":       "a\u2028b",
		"byte order mark":      "\ufeffa",
		"variation selector":   "a\ufe0f",
		"tag character":        "a\U000e0061",
		"mathematical letter":  "\U0001d41a",
		"ligature":             "\ufb01le",
		"kelvin sign":          "\u212aey",
		"dotless i":            "\u0131d",
		"long s":               "pa\u017f\u017f",
		"superscript":          "key\u00b2",
		"arabic digit":         "key\u0661",
		"emoji":                "key\U0001f511",
		"overlong slash":       "a\xc0\xafb",
		"encoded surrogate":    "a\xed\xa0\x80b",
		"latin-1":              "caf\xe9",
	} {
		key, err := secret.ParseKey(in)
		if !errors.Is(err, secret.ErrInvalidKey) || key != "" {
			t.Errorf("%s: ParseKey(%q) = %q, %v, want invalid_key", name, in, key, err)
		}
		var e *secret.Error
		if errors.As(err, &e) && strings.ContainsFunc(e.Detail, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: the detail %q is not printable ASCII", name, e.Detail)
		}
	}
}

// A valid key stays the same through every format that it is written to.
func FuzzKey(f *testing.F) {
	for _, seed := range []string{"a", "db/password", "A.b_c@d:e+f-g/0", "..data", "a/../b", "//", "a b", "\u0430", "a\x00", "%2e%2e"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		key, err := secret.ParseKey(in)
		if err != nil {
			if secret.CodeOf(err) != secret.ErrInvalidKey || key != "" || len(err.Error()) > 400 {
				t.Fatalf("ParseKey(%q) = %q, %v", in, key, err)
			}
			return
		}
		if string(key) != in {
			t.Fatalf("ParseKey(%q) = %q, want it unchanged", in, key)
		}
		for where, back := range map[string]string{
			"path": path.Clean(in), "URL path": throughURL(t, in), "JSON": throughJSON(t, key),
			"quoted": strings.Trim(strconv.Quote(in), `"`), "log": throughLog(key), "environment": throughEnv(in),
		} {
			if back != in {
				t.Errorf("TM-093: %q comes back as %q from %s", in, back, where)
			}
		}
		if !fs.ValidPath(in) {
			t.Errorf("TM-093: %q is not a valid path", in)
		}
	})
}

// throughURL writes the key as a path without escaping anything.
func throughURL(t *testing.T, key string) string {
	u, err := url.Parse("https://store.example/" + key)
	if err != nil || u.RawQuery != "" || u.Fragment != "" || u.EscapedPath() != "/"+key {
		t.Errorf("TM-093: url.Parse with %q = %v, %v", key, u, err)
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}

func throughJSON(t *testing.T, key secret.Key) string {
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(text), `"`)
}

func throughLog(key secret.Key) string {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "key", key)
	_, text, _ := strings.Cut(strings.TrimSuffix(b.String(), "\n"), " key=")
	return text
}

// throughEnv returns the name of an entry key=value of an environment.
func throughEnv(key string) string {
	name, value, _ := strings.Cut(key+"=v=w", "=")
	if value != "v=w" {
		return ""
	}
	return name
}
