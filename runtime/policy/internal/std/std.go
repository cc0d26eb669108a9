// Package std defines what the Lua files of a policy, and of its tests, can use
// beside the core language: the module std/v1 and the request that predicates
// read.
package std

import (
	"errors"
	"strings"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/policy/internal/luabox"
	"github.com/postern-project/postern/runtime/suggest"
)

// Name is the name of the module.
const Name = "std/v1"

// Config returns the configuration of a sandbox. The caller adds what the file
// declares.
func Config(limits luabox.Limits) luabox.Config {
	return luabox.Config{
		Limits: limits,
		Record: luabox.RecordType{
			Name: "the request", Short: "req", Fields: []string{"caller", "key", "labels", "op", "roles", "time"},
			Texts: []string{"caller", "key", "op"}, TextItems: []string{"labels"},
		},
		Modules: []luabox.Module{{Name: Name, Short: "std", Funcs: functions(), Args: arguments(), Checks: checks(), Fields: checkField}},
		Suggest: suggest.Closest,
		Compare: compare,
		Foreign: foreign,
	}
}

// Types returns the type of each function of std/v1, in the syntax of the
// annotations for editors.
func Types() map[string]string {
	return map[string]string{
		"all":       "fun(list: any[], f: fun(item: any): boolean): boolean",
		"any":       "fun(list: any[], f: fun(item: any): boolean): boolean",
		"contains":  "fun(s?: string, part?: string): boolean",
		"ends":      "fun(s?: string, suffix?: string): boolean",
		"glob":      "fun(pattern: string, s?: string): boolean",
		"in_window": "fun(time: integer, hours: string, days?: string, tz?: string): boolean",
		"ip_in":     "fun(ip?: string, cidr?: string): boolean",
		"is_ticket": "fun(s?: string): boolean",
		"segment":   `fun(s?: string, i: integer): string  "" outside`,
		"segments":  "fun(s?: string): string[]",
		"semver_ge": "fun(have?: string, want?: string): boolean",
		"starts":    "fun(s?: string, prefix?: string): boolean",
	}
}

// functions returns the functions of std/v1. Those that test a string return
// false for nil, so a label that is not set needs no check.
func functions() map[string]luabox.Func {
	return map[string]luabox.Func{
		"all":       func(c luabox.Call) luabox.Value { return eachItem(c, false) },
		"any":       func(c luabox.Call) luabox.Value { return eachItem(c, true) },
		"contains":  testStrings(strings.Contains),
		"ends":      testStrings(strings.HasSuffix),
		"glob":      matchGlob,
		"in_window": new(zoneCache).inWindow,
		"ip_in":     testParsed(ipIn),
		"is_ticket": isTicket,
		"segment":   segment,
		"segments":  segments,
		"semver_ge": testParsed(semverGE),
		"starts":    testStrings(strings.HasPrefix),
	}
}

// needTwo stops a call in which the second argument is left out, which is not the same
// as a label that is not set.
func needTwo(c luabox.Call) {
	if c.Args() < 2 {
		c.FailErr(errors.New("want 2 arguments"))
	}
}

// testStrings returns a function of two strings; nil for either gives false.
func testStrings(test func(a, b string) bool) luabox.Func {
	return func(c luabox.Call) luabox.Value {
		needTwo(c)
		a, ok1 := c.OptStr(1)
		b, ok2 := c.OptStr(2)
		return luabox.Bool(ok1 && ok2 && test(a, b))
	}
}

// testParsed is like testStrings, for a test of texts that have a form. A text that
// has not stops the call: a rule that denies must not be avoided with an address
// that is none.
func testParsed(test func(a, b string) (bool, error)) luabox.Func {
	return func(c luabox.Call) luabox.Value {
		needTwo(c)
		a, ok1 := c.OptStr(1)
		b, ok2 := c.OptStr(2)
		if !ok1 || !ok2 {
			return luabox.Bool(false)
		}
		answer, err := test(a, b)
		if err != nil {
			c.FailErr(err)
		}
		return luabox.Bool(answer)
	}
}

// segment returns one segment, counted from 1, or from the end if the index is
// negative. Outside the key it returns "" rather than nil, so that it does not
// equal a label that is not set.
func segment(c luabox.Call) luabox.Value {
	s, _ := c.OptStr(1)
	i := c.Int(2)
	if i == 0 {
		c.FailErr(errors.New("segments are counted from 1"))
	}
	if i < 0 {
		i += strings.Count(s, "/") + 2
	}
	for ; i > 1; i-- {
		_, rest, ok := strings.Cut(s, "/")
		if !ok {
			return c.NewString("")
		}
		s = rest
	}
	if i < 1 {
		return c.NewString("")
	}
	first, _, _ := strings.Cut(s, "/")
	return c.NewString(first)
}

func segments(c luabox.Call) luabox.Value {
	s, _ := c.OptStr(1)
	return c.NewList(strings.Split(s, "/"))
}

// isTicket accepts the usual form of a ticket number: ABC-123.
func isTicket(c luabox.Call) luabox.Value {
	s, _ := c.OptStr(1)
	project, number, ok := strings.Cut(s, "-")
	ok = ok && len(project) >= 2 && len(project) <= 10 && len(number) >= 1 && len(number) <= 10 &&
		'A' <= project[0] && project[0] <= 'Z' && number[0] != '0'
	for i := range len(project) {
		ok = ok && ('A' <= project[i] && project[i] <= 'Z' || isDigit(project[i]))
	}
	for i := range len(number) {
		ok = ok && isDigit(number[i])
	}
	return luabox.Bool(ok)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// matchGlob matches a string against a pattern like those of a rule.
func matchGlob(c luabox.Call) luabox.Value {
	pattern := c.Str(1)
	s, ok := c.OptStr(2)
	g, err := glob.Parse(pattern)
	if err != nil {
		c.FailErr(err)
	}
	c.Spend(8+len(pattern)*(1+len(s)/256), 256+4*len(pattern))
	return luabox.Bool(ok && g.Match(s))
}

// eachItem calls a function for the items of a list until one call returns stop.
// Like a predicate, the function must return true or false.
func eachItem(c luabox.Call, stop bool) luabox.Value {
	items, fn := c.Items(1), c.Function(2)
	for _, item := range items {
		c.Spend(4, 0)
		answer, ok := c.Run(fn, item).AsBool()
		if !ok {
			c.FailErr(errors.New("the function must return true or false"))
		}
		if answer == stop {
			return luabox.Bool(stop)
		}
	}
	return luabox.Bool(!stop)
}
