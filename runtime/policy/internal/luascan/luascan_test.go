package luascan_test

import (
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/parse"

	"github.com/postern-project/postern/runtime/policy/internal/luascan"
)

func TestSyntaxErrorNamesTheCause(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		src, want string
		line      int
	}{
		{"x = 1\nif a != b then end", `"not equal" is written ~=`, 2},
		{"if a && b then end", `"&&" is written and`, 1},
		{"if a || b then end", `"||" is written or`, 1},
		{"if !a then end", `"!" is written not`, 1},
		{"f = (x) => x", "function(req) return ... end", 1},
		{"local x = 7 // 2", "math.floor", 1},
		{"local x = 7 & 2", "operators for bits", 1},
		{"local x = 7 << 2", "operators for bits", 1},
		{"f { a: \"x\" }", "NAME = VALUE", 1},
		{"f { a = [\"x\"] }", `{ "a", "b" }`, 1},
		{"f { \"a\" b = 1 }", "a comma is missing before b", 1},
		{"f { g = function() return true }", `the "end" of a function is missing`, 1},
		{"f { g = function(r) r.x == 1 end }", `needs "return"`, 1},
		{"f { g = function(r) return r.x = 1 end }", "is written ==", 1},
		{"local n = 1\nn += 1", "write x = x + ...", 2},
		{"\n\nf {\n a = 1\n", `"{" is not closed`, 3},
		{"f()\ng(function()\n", `"function" is not closed`, 2},
		{"a = 1\n--[[ x\n y", "a long comment or string is not closed", 2},
		{"a = 1\n\ufefff()", "byte order mark", 2},
		{"a = 1\nf(\u201cx\u201d)", "ASCII", 2},
	} {
		_, err := parse.Parse(strings.NewReader(tt.src), "f")
		if err == nil {
			t.Errorf("%q is valid", tt.src)
			continue
		}
		if e := luascan.SyntaxError([]byte(tt.src), err); !strings.Contains(e.Msg, tt.want) || e.Line != tt.line {
			t.Errorf("SyntaxError(%q) = %d: %s, want line %d: %s", tt.src, e.Line, e.Msg, tt.line, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"\ufeffx = 1": "byte order mark", strings.Repeat("x", 101): "larger than 100 bytes", strings.Repeat("(", 30): "nested too deeply",
	} {
		if err := luascan.Check([]byte(src), 100, 10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check(%.20q) = %v, want %s", src, err, want)
		}
	}
	if err := luascan.Check([]byte("f { '(((((((((((((((((((((((' }"), 100, 10); err != nil {
		t.Errorf("Check = %v", err)
	}
}
