package policy_test

import (
	"fmt"
	"strings"
)

// hostileBodies are statements that try to exhaust the process or to escape, by
// name. Each runs while a policy loads, in a predicate and in a chain hook.
var hostileBodies = map[string]string{
	"amp-ctor-sparse":    `local t = {} for i = 1, 1e6 do t = { [65535] = 1 } end`,
	"amp-front":          `local t = {} while true do table.insert(t, 1, 1) end`,
	"amp-len":            `local t = {} for i = 1, 4000 do t[i] = 1 end local n = 0 while true do n = n + #t end`,
	"amp-newtable":       `local keep = {} while true do keep[#keep + 1] = {} end`,
	"amp-sort":           `local t = {} for i = 1, 4000 do t[i] = i % 7 end while true do table.sort(t) end`,
	"amp-sparse-64k":     `local k = {} while true do local t = {} t[65536] = 1 k[#k + 1] = t end`,
	"amp-strkeys":        `local t = {} local i = 0 while true do i = i + 1 t["k" .. i] = i end`,
	"amp-upper":          `local s = ("x"):rep(4000) local t = {} while true do t[#t + 1] = s:upper() end`,
	"byte-spread":        `local s = ("x"):rep(4000) local t = { s:byte(1, -1) }`,
	"channel-block":      `channel.make():receive()`,
	"closure-grow":       `local f while true do local g = f f = function() return g end end`,
	"concat-double":      `local s = "x" while true do s = s .. s end`,
	"concat-quadratic":   `local s = "" for i = 1, 1e9 do s = s .. "xxxxxxxxxxxxxxxx" end`,
	"coroutine-bomb":     `while true do coroutine.create(function() end) end`,
	"coroutine-deep":     `local function f() coroutine.wrap(f)() end f()`,
	"coroutine-loop":     `coroutine.wrap(function() while true do end end)()`,
	"error-trace-spam":   `local function g() pcall(g) g() end g()`,
	"format-goverbs":     `local s = string.format("%p %#v %T", {}, {}, {})`,
	"format-width":       `local s = string.format(("%1000000s"):rep(200), "")`,
	"gc-spam":            `while true do collectgarbage() end`,
	"gmatch-all":         `for w in (("x"):rep(1e6)):gmatch(".") do end`,
	"gsub-blowup":        `local s = ("a"):rep(1e5):gsub("a", ("b"):rep(1e5))`,
	"gsub-quadratic":     `local s = ("a"):rep(2e5):gsub("a", "bb")`,
	"gsub-recursion":     `local function f() ("a"):gsub("a", f) end f()`,
	"index-recursion":    `local t = {} setmetatable(t, { __index = function(s, k) return s[k] end }) local x = t.x`,
	"inf-for":            `for i = 1, math.huge do end`,
	"io-open":            `local f = io.open("/etc/passwd")`,
	"len-scan":           `local t = { nil, nil, nil, nil, 1 } while true do local n = #t end`,
	"loadstring-minus":   `loadstring("return " .. ("- "):rep(5e6) .. "1")`,
	"loadstring-parens":  `loadstring("return " .. ("("):rep(1e5))`,
	"loop":               `while true do end`,
	"loop-pcall":         `while true do pcall(function() while true do end end) end`,
	"nan-index":          `local t = {} t[0/0] = 1`,
	"newproxy":           `local p = newproxy(true)`,
	"os-execute":         `os.execute("true")`,
	"os-exit":            `os.exit(0)`,
	"os-setenv":          `os.setenv("PATH", "")`,
	"pat-deep-900k":      `local i = (("a"):rep(9e5)):find(("a-"):rep(4) .. "b")`,
	"pat-deep-subject":   `local i = (("a"):rep(9e5)):find("a-b")`,
	"pat-exponential":    `local i = (("a"):rep(32)):find(("a?"):rep(32) .. ("a"):rep(32))`,
	"pat-greedy-2e6":     `local i = (("a"):rep(2e6)):find(".*b")`,
	"pat-greedy-deep":    `local i = (("a"):rep(9e5)):find(".*b")`,
	"pat-nest-caps-1e6":  `local i = ("x"):find(("(x)"):rep(1e6))`,
	"pat-nest-parens":    `local i = ("x"):find(("("):rep(1e7))`,
	"pat-poly":           `local i = (("a"):rep(2000)):find(".-.-.-.-b")`,
	"pat-small":          `local i = (("a"):rep(200)):find("a-a-a-a-a-a-a-a-b")`,
	"pcall-overflow":     `local function f() pcall(f) return f() end f()`,
	"print-flood":        `while true do print("x") end`,
	"printregs":          `_printregs()`,
	"randomseed":         `math.randomseed(1)`,
	"recursion":          `local function f() return 1 + f() end f()`,
	"rep-1e18":           `local s = ("x"):rep(1e18)`,
	"rep-1e9":            `local s = string.rep("x", 1e9)`,
	"rep-8e9":            `local s = string.rep("x", 8e9)`,
	"rep-method":         `local t = {} while true do t[#t + 1] = ("x"):rep(1e9) end`,
	"select-neg":         `local x = select(-1e9, 1)`,
	"setfenv-escape":     `setfenv(1, {})`,
	"sort-evil":          `local t = {} for i = 1, 4000 do t[i] = i end table.sort(t, function() while true do end end)`,
	"table-array-grow":   `local t = {} while true do t[#t + 1] = 1 end`,
	"table-front-insert": `local t = {} for i = 1, 4000 do table.insert(t, 1, i) end while true do table.insert(t, 1, 0) table.remove(t, 1) end`,
	"table-hash-grow":    `local t = {} for i = 1, 1e9 do t["x" .. i] = true end`,
	"table-insert-far":   `local t = {} table.insert(t, 67108863, 1)`,
	"table-nest":         `local t = {} while true do t = { t } end`,
	"table-sparse":       `local t = {} t[67108863] = 1`,
	"table-sparse-x20":   `for i = 1, 20 do local t = {} t[67108863] = 1 end`,
	"tableconcat-blow":   `local t = {} for i = 1, 1000 do t[i] = "" end local s = table.concat(t, ("y"):rep(5e6))`,
	"tail-recursion":     `local function f() return f() end f()`,
	"tamper-global":      `allow = function() end`,
	"tamper-mt":          `getmetatable("").__index = {}`,
	"tamper-string":      `string.sub = function() return "prod/" end`,
	"tostring-addr":      `if tostring({}) == "table" then error("no address") end`,
	"unpack-1e8":         `local t = { unpack({}, 1, 1e8) }`,

	// Further ways to make one instruction do much work.
	"own-arith-on-string":  `local s = ("1"):rep(4000) local n = 0 while true do n = s + 1 end`,
	"own-compare-strings":  `local s = ("1"):rep(4000) local u = s .. "" local b while true do b = s < u end`,
	"own-equal-strings":    `local s = ("1"):rep(4000) local u = s:rep(1) local b while true do b = s == u end`,
	"own-index-long-key":   `local s, t = ("1"):rep(4000), { a = 1 } local b while true do b = t[s] end`,
	"own-len-of-nils":      `local t = {} for i = 1, 4096 do t[i] = i end local n while true do n = #t t[#t] = nil end`,
	"own-pairs-loop":       `local t = {} for i = 1, 4000 do t[i] = i end while true do for k in pairs(t) do break end end`,
	"own-ipairs-loop":      `while true do for i in ipairs({ 1 }) do end end`,
	"own-concat-loop":      `local t = {} for i = 1, 4000 do t[i] = "" end while true do local s = table.concat(t) end`,
	"own-tonumber-loop":    `local s = ("1"):rep(4000) while true do local n = tonumber(s) end`,
	"own-find-loop":        `local s = ("a"):rep(4000) while true do local i = s:find("ab") end`,
	"own-upper-loop":       `local s = ("a"):rep(4000) while true do local i = s:upper() end`,
	"own-segments-loop":    `local std = require "std/v1" local s = ("a/"):rep(2000) while true do local i = std.segments(s) end`,
	"own-glob-loop":        `local std = require "std/v1" local p, s = ("**/a*b*c/"):rep(50) .. "x", ("a/"):rep(2000) while true do local i = std.glob(p, s) end`,
	"own-any-recursion":    `local std = require "std/v1" local function f(x) return std.any({ 1, 2 }, f) end f(1)`,
	"own-any-nested":       `local std = require "std/v1" local t = {} for i = 1, 1000 do t[i] = i end std.any(t, function() return std.all(t, function() return std.any(t, function() return false end) end) end)`,
	"own-window-loop":      `local std = require "std/v1" while true do local b = std.in_window(0, "00:00-01:00", "mon", "Europe/Berlin") end`,
	"own-window-zones":     `local std = require "std/v1" local i = 0 while true do i = i + 1 local b = std.in_window(0, "00:00-01:00", "mon", "Zone/" .. i) end`,
	"own-ip-loop":          `local std = require "std/v1" while true do local b = std.ip_in(("1"):rep(4000), "10.0.0.0/8") end`,
	"own-sort-throws":      `local t = { 1, 2, 3, {} } table.sort(t)`,
	"own-sort-recursion":   `local function f(a, b) local t = { 1, 2, 3 } table.sort(t, f) return a < b end f(1, 2)`,
	"own-sort-erratic":     `local t, n = {}, 0 for i = 1, 4000 do t[i] = i end while true do table.sort(t, function(a, b) n = n + 1 return n % 3 == 0 end) end`,
	"own-closures-in-list": `local t = {} while true do t[#t + 1] = function() return t end end`,
	"own-field-first":      `local k = {} while true do local t = {} t.a = 1 k[#k + 1] = t end`,
	"own-nested-lists":     `local k = {} while true do k = { { { { { { k } } } } } } end`,
	"own-table-in-while":   `local k while #{ 1, 2, 3 } > 0 do k = { k } end`,
	"own-table-in-repeat":  `local k repeat k = { k } until #{ {}, {}, {} } == 0`,
	"own-log-flood":        `local s = ("x"):rep(4000) while true do log(s, s, s, s, s, s, s, s) end`,
	"own-char-loop":        `local t = {} while true do t[#t + 1] = string.char(120, 120, 120) end`,
	"own-rules-flood":      `local i = 0 while true do i = i + 1 allow { "r" .. i, keys = "**" } end`,
	"own-rules-rename":     `while true do allow { "same", keys = "**" } end`,
	"own-require-loop":     `while true do local s = require "std/v1" end`,
	"own-call-nil":         `local f f()`,
	"own-deep-mutual":      `local g local function f(n) return g(n) + 1 end g = function(n) return f(n) + 1 end f(1)`,
	"own-registers":        `local function f(a) return f(a, a, a, a, a, a, a, a, a, a, a, a, a, a, a) + 1 end f(1)`,
	"own-assert-false":     `assert(false, ("x"):rep(4000))`,
	"own-error-table":      `error({})`,
	"own-remove-field":     `local t = { a = 1 } t.a = nil`,
}

// hostileSources are files that try to exhaust the parser or the compiler. They are
// made on demand, because only the process that loads one needs the memory.
var hostileSources = map[string]func() string{
	"src-concat-1e6": func() string { return "local s = 'x'" + strings.Repeat("..'x'", 1e6) },
	"src-elseif-1e5": func() string { return "if a then " + strings.Repeat("elseif a then ", 1e5) + "end" },
	"src-funcs-1e5":  func() string { return strings.Repeat("local function f() ", 1e5) + strings.Repeat("end ", 1e5) },
	"src-index-2e6":  func() string { return "local a = {} a = a" + strings.Repeat(".b", 2e6) },
	"src-locals-1e4": func() string { return numbered(10000, "local v%d = 1\n") },
	"src-not-1e6":    func() string { return "local a = " + strings.Repeat("not ", 1e6) + "true" },
	"src-parens-1e5": func() string { return "local a = " + strings.Repeat("(", 1e5) + "1" + strings.Repeat(")", 1e5) },
	"src-parens-5e6": func() string { return "local a = " + strings.Repeat("(", 5e6) },
	"src-plus-2e6":   func() string { return "local a = 1 local b = 1" + strings.Repeat("+a", 2e6) },
	"src-tables-1e6": func() string { return "local a = " + strings.Repeat("{", 1e6) + strings.Repeat("}", 1e6) },
	"src250k-concat": func() string { return "local s = 'x'" + fill("..'x'") },
	"src250k-elseif": func() string { return "local a if a then " + fill("elseif a then ") + "end" },
	"src250k-funcs":  func() string { return strings.Repeat("local function f() ", 11000) + strings.Repeat("end ", 11000) },
	"src250k-index":  func() string { return "local a = {} a = a" + fill(".b") },
	"src250k-plus":   func() string { return "local a = 1 local b = 1" + fill("+a") },
	"src250k-rules": func() string {
		return numbered(2900, "allow { \"rule-number-%[1]d\", roles = \"role-%[1]d\", keys = \"team/%[1]d/**\" }\n")
	},
	"own-src-constants": func() string { return "local function f() end " + numbered(30000, "f(%d)") },
	"own-src-unary":     func() string { return "local a = " + fill("- ") + "1" },
	"own-src-hash":      func() string { return "local a = " + fill("# ") + "1" },
	"own-src-power":     func() string { return "local a = 2" + fill("^2") },
	"own-src-brackets":  func() string { return "local a = " + fill("{") },
	"own-src-index":     func() string { return "local a = {} a = a" + fill("[1]") },
	"own-src-calls":     func() string { return "local a = log" + fill("()") },
	"own-src-strings":   func() string { return fill("log[[]]") },
	"own-src-comments":  func() string { return fill("--[=[") + fill("]") },
	"own-src-long-open": func() string { return fill("[=[") },
	"own-src-literal":   func() string { return `local s = "` + fill("x") + `"` },
	"own-src-fields":    func() string { return "local t = {" + numbered(20000, "k%d=1,") + "}" },
	"own-src-items":     func() string { return "local t = {" + fill("1,") + "}" },
	"own-src-nils": func() string {
		return "local t = {" + strings.Repeat("nil,", 4000) + "} local n while true do n = #t end"
	},
	"own-src-upvalues":   func() string { return upvalueBomb() },
	"own-src-do":         func() string { return fill("do ") + fill("end ") },
	"own-src-repeat":     func() string { return fill("repeat ") },
	"own-src-else":       func() string { return fill("if a then else ") },
	"own-src-statements": func() string { return "local a = 1 " + fill("a=a ") },
	"own-src-and":        func() string { return "local a = 1 local b = a" + fill(" and a") },
	"own-src-compare":    func() string { return "local a = 1 local b = a" + fill("<a") },
	"own-src-names":      func() string { return "local " + fill("aaaaaaaa,") + "b = 1" },
	"own-src-params":     func() string { return "local function f(" + fill("a,") + "b) end" },
	"own-src-returns":    func() string { return "local function f() return " + fill("1,") + "1 end f()" },
	"own-src-loop-huge":  func() string { return "local a = 1 while true do " + strings.Repeat("a=a+1 ", 40000) + "end" },
	"own-src-binary":     func() string { return fill("\x00\xff\x1b") },
	"own-src-methods":    func() string { return "local a = '' a = a" + fill(":a()") },
	"own-src-goto":       func() string { return fill("goto a ") },
	"own-src-numbers":    func() string { return "local a = " + fill("9") },
	"own-src-escape":     func() string { return `local a = "` + fill(`\999`) + `"` },
	"own-src-semicolons": func() string { return fill(";") },
	"own-src-cr":         func() string { return fill("\r") },
	"own-src-if-flat":    func() string { return fill("if nil then end ") },
	"own-src-functions":  func() string { return fill("log(function() end) ") },
	"own-src-tables":     func() string { return fill("log({}) ") },
	"own-src-relations":  func() string { return "local a = 1 local b " + fill("b=a<a ") },
	"own-src-varargs":    func() string { return fill("log(...)") },
}

// fill repeats a unit up to just below the limit of the source size.
func fill(unit string) string { return strings.Repeat(unit, (250<<10)/len(unit)) }

func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// upvalueBomb captures more variables than one function can have.
func upvalueBomb() string {
	sum := numbered(140, " + a%d") + numbered(140, " + b%d")
	return numbered(190, "local a%d = 1\n") + "local function outer()\n" + numbered(190, "local b%d = 1\n") +
		"return function() return 0" + sum + " end end outer()()\n"
}
