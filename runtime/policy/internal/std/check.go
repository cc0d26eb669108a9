package std

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/policy/internal/window"
	"github.com/postern-project/postern/runtime/suggest"
)

// ops are the operations as a predicate sees them.
var ops = []string{"get", "set", "delete", "keys", "watch"}

// checks check the arguments that are constants in a policy: what is wrong with them
// is wrong in every call.
func checks() map[string]luabox.Check {
	return map[string]luabox.Check{
		"glob":  checkGlob,
		"ip_in": checkBlock,
		"semver_ge": func(_ int, s string) error {
			return checkVersion(s)
		},
		"in_window": checkWindow,
		"contains":  checkPart,
		"ends":      checkPart,
		"starts":    checkPart,
	}
}

// arguments returns the least and the largest number of arguments of each function.
func arguments() map[string][2]int {
	out := map[string][2]int{"in_window": {2, 4}, "is_ticket": {1, 1}, "segments": {1, 1}}
	for name := range functions() {
		if _, ok := out[name]; !ok {
			out[name] = [2]int{2, 2}
		}
	}
	return out
}

func checkGlob(i int, s string) error {
	if i != 1 && hasWildcard(s) {
		return errors.New("the pattern is the first argument")
	}
	if i != 1 {
		return nil
	}
	_, err := glob.Parse(s)
	return err
}

func checkWindow(i int, s string) (err error) {
	w := window.Always()
	switch i {
	case 2:
		err = w.ParseHours(s)
	case 3:
		err = w.ParseDays(s)
	case 4:
		_, err = window.ParseZone(s)
	}
	return err
}

func checkPart(i int, s string) error {
	if i == 2 && s == "" {
		return errors.New("every string has the empty one in it")
	}
	return nil
}

// checkField checks a constant that a function of std/v1 compares with a field of
// the request.
func checkField(function, field string, item bool, constant string) error {
	switch {
	case !slices.Contains([]string{"starts", "ends", "contains", "glob"}, function) || item:
		return nil
	case field == "key" && function == "glob":
		_, err := glob.ParseKey(constant)
		return err
	case field == "key":
		return checkKeyPart(constant)
	case field == "op" && function != "glob":
		return fmt.Errorf("compare req.op with one of %s", strings.Join(ops, ", "))
	}
	if function != "glob" && strings.Contains(constant, "*") {
		return fmt.Errorf("%.64q is not a pattern here; use std.glob", constant)
	}
	return nil
}

// checkKeyPart returns an error if no key contains s.
func checkKeyPart(s string) error {
	if hasWildcard(s) {
		return fmt.Errorf("%.64q is not a pattern here, and no key contains it; use std.glob", s)
	}
	for i := range len(s) {
		if s[i] != '/' && !glob.KeyByte(s[i]) {
			return fmt.Errorf("no key contains %q", s[i])
		}
	}
	if strings.Contains(s, "//") {
		return errors.New("no key has an empty segment")
	}
	return nil
}

// compare checks a comparison of a field of the request with a constant string, and
// the constant name of an item.
func compare(field string, whole bool, operator, constant string) error {
	switch field {
	case "roles", "labels":
		return compareItem(field, whole, operator, constant)
	case "op":
		if !slices.Contains(ops, constant) {
			return unknownOp(constant)
		}
	case "time":
		return errors.New("it is a number of seconds; use from, until, hours or std.in_window")
	case "key":
		if operator != "==" && operator != "~=" {
			return nil
		}
		if _, err := glob.ParseKey(constant); err != nil || hasWildcard(constant) {
			return fmt.Errorf("no key is %.64q%s", constant, globNote(constant))
		}
	case "caller":
		if strings.Contains(constant, "*") {
			return fmt.Errorf("== compares the whole text%s", globNote(constant))
		}
	}
	return nil
}

func globNote(s string) string {
	if hasWildcard(s) {
		return "; for a pattern use std.glob"
	}
	return ""
}

func unknownOp(word string) error {
	switch word {
	case "read":
		return errors.New(`it is never "read"; a rule's ops may say so, or compare with get, keys and watch`)
	case "write":
		return errors.New(`it is never "write"; a rule's ops may say so, or compare with set and delete`)
	case "create", "update":
		return fmt.Errorf(`it is "set" for both; the ops of a rule can say %q`, word)
	}
	hint := ""
	if near := suggest.Closest(word, ops); near != "" {
		hint = fmt.Sprintf(" (did you mean %q?)", near)
	}
	return fmt.Errorf("it is never %.64q; want %s%s", word, strings.Join(ops, ", "), hint)
}

func compareItem(field string, whole bool, operator, constant string) error {
	switch {
	case whole && field == "roles":
		return fmt.Errorf(`it is a set, which equals no string; write req.roles[%q]`, constant)
	case whole:
		return errors.New(`it is a table, which equals no string; write req.labels.NAME`)
	case operator == "." && strings.ContainsAny(constant, "*?{}"):
		return fmt.Errorf(`a name is not a pattern; for patterns use std.any(req.%s, function(x) return std.glob(%q, x) end)`, field, constant)
	case operator != "." && field == "labels" && strings.Contains(constant, "*") && constant != "*":
		return fmt.Errorf("%s compares the whole text; for a pattern use std.glob(%q, ...)", operator, constant)
	}
	return nil
}

// foreign names what other dialects of Lua, and other languages, have, and what to
// write instead.
var foreign = map[string]string{
	":match": noPatterns, ":gmatch": noPatterns, ":gsub": noPatterns, ":format": joinText,
	"string.match": noPatterns, "string.gmatch": noPatterns, "string.gsub": noPatterns, "string.format": joinText,
	":split": "use std.segments or std.segment", "string.split": "use std.segments or std.segment",
	":startswith": "use std.starts", ":endswith": "use std.ends", ":trim": "use sub", ":contains": "use std.contains",
	":starts": "use std.starts", ":ends": "use std.ends", ":has": "use std.contains", ":includes": "use std.contains",
	"std.startswith": "use std.starts", "std.endswith": "use std.ends", "std.match": "use std.glob", "std.split": "use std.segments",
	"std.has": "use std.any or std.contains", "std.now": useTime, "std.cidr": "use std.ip_in",
	"table.unpack": "write the items one by one",

	"std":   `write local std = require "std/v1" at the top`,
	"print": "use log, which explain and test show", "os": "policies have no clock, files or environment; the request has time, and rules have hours, days, from and until",
	"io": "policies cannot read files", "pcall": "a predicate that fails denies", "xpcall": "a predicate that fails denies",
	"setmetatable": "there are no metatables", "getmetatable": "there are no metatables", "unpack": "write the items one by one",
	"null": "it is written nil", "None": "it is written nil", "NULL": "it is written nil", "undefined": "it is written nil",
	"True": "it is written true", "False": "it is written false", "next": "use pairs", "select": "there are no variable arguments",
	"permit": "a rule that permits is written allow", "grant": "a rule that permits is written allow",
	"forbid": "a rule that forbids is written deny", "block": "a rule that forbids is written deny", "reject": "a rule that forbids is written deny",
	"test": "tests belong in the file policy_test.lua beside the policy", "coroutine": "there are no coroutines", "debug": "there is no debug library",
	"load": "policies cannot load code", "dofile": "use require, and name the file in policy_libs",
	"rawget": "tables have no metatables", "collectgarbage": "policies have a budget instead",
}

const (
	noPatterns = "there are no patterns; use std.glob, std.starts or std.segment"
	joinText   = `join strings with ".."`
	useTime    = "the time of a decision is req.time"
)
