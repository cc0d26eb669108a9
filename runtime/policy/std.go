package policy

import (
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/glob"
)

// stdFuncs is the module "std/v1". Functions that test a string answer false
// for nil, so that a label that is not set needs no guard.
func (lib *library) stdFuncs() map[string]lua.LGFunction {
	return map[string]lua.LGFunction{
		"all":       func(L *lua.LState) int { return eachItem(L, "std.all", false) },
		"any":       func(L *lua.LState) int { return eachItem(L, "std.any", true) },
		"contains":  testStrings("std.contains", strings.Contains),
		"ends":      testStrings("std.ends", strings.HasSuffix),
		"glob":      stdGlob,
		"in_window": lib.stdInWindow,
		"ip_in":     testStrings("std.ip_in", ipIn),
		"is_ticket": stdIsTicket,
		"segment":   stdSegment,
		"segments":  stdSegments,
		"semver_ge": testStrings("std.semver_ge", semverGE),
		"starts":    testStrings("std.starts", strings.HasPrefix),
	}
}

// optString is like argString, but nil gives ok = false.
func optString(L *lua.LState, i int, fn string) (s string, ok bool) {
	if L.Get(i) == lua.LNil {
		return "", false
	}
	s = argString(L, i, fn)
	machineOf(L).spend(1+len(s)/16, 0)
	return s, true
}

func pushBool(L *lua.LState, b bool) int {
	L.Push(lua.LBool(b))
	return 1
}

// testStrings makes a function of two strings; nil for either is false.
func testStrings(name string, test func(a, b string) bool) lua.LGFunction {
	return func(L *lua.LState) int {
		a, ok1 := optString(L, 1, name)
		b, ok2 := optString(L, 2, name)
		return pushBool(L, ok1 && ok2 && test(a, b))
	}
}

// stdSegment returns one segment, counted from 1, or from the end if
// negative. Outside it returns "", which equals no label that is not set.
func stdSegment(L *lua.LState) int {
	m := machineOf(L)
	s, _ := optString(L, 1, "std.segment")
	i := argInt(L, 2, "std.segment", required)
	if i < 0 {
		i += strings.Count(s, "/") + 2
	}
	for ; i > 1; i-- {
		_, rest, ok := strings.Cut(s, "/")
		if !ok {
			return m.returnString("")
		}
		s = rest
	}
	if i < 1 {
		return m.returnString("")
	}
	first, _, _ := strings.Cut(s, "/")
	return m.returnString(first)
}

func stdSegments(L *lua.LState) int {
	m := machineOf(L)
	s, _ := optString(L, 1, "std.segments")
	parts := strings.Split(s, "/")
	if len(parts) > m.limits.List {
		m.failLimit("list longer than %d items", m.limits.List)
	}
	m.spend(len(parts), 640+32*len(parts))
	t := newTable()
	for _, p := range parts {
		t.Append(lua.LString(p))
	}
	L.Push(t)
	return 1
}

// stdIsTicket accepts the usual form of a ticket: ABC-123.
func stdIsTicket(L *lua.LState) int {
	s, _ := optString(L, 1, "std.is_ticket")
	project, number, ok := strings.Cut(s, "-")
	ok = ok && len(project) >= 2 && len(project) <= 10 && len(number) >= 1 && len(number) <= 10 &&
		'A' <= project[0] && project[0] <= 'Z' && number[0] != '0'
	for i := 0; i < len(project); i++ {
		ok = ok && ('A' <= project[i] && project[i] <= 'Z' || isDigit(project[i]))
	}
	for i := 0; i < len(number); i++ {
		ok = ok && isDigit(number[i])
	}
	return pushBool(L, ok)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// ipIn reports whether address is in the CIDR block.
func ipIn(address, block string) bool {
	ip, err1 := netip.ParseAddr(address)
	prefix, err2 := netip.ParsePrefix(block)
	return err1 == nil && err2 == nil && prefix.Contains(ip.Unmap())
}

// semverGE compares MAJOR.MINOR.PATCH, with or without "v"; a pre-release is
// older than its release, and two of them compare as text. What is no version
// is never enough.
func semverGE(have, want string) bool {
	a, preA, ok1 := parseSemver(have)
	b, preB, ok2 := parseSemver(want)
	if !ok1 || !ok2 {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return preA == preB || preA == "" || (preB != "" && preA > preB)
}

func parseSemver(s string) (v [3]int, pre string, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "+")
	s, pre, _ = strings.Cut(s, "-")
	parts := strings.Split(s, ".")
	if len(parts) > 3 {
		return v, "", false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return v, "", false
		}
		v[i] = int(n)
	}
	return v, pre, true
}

// stdGlob matches like the globs of a rule.
func stdGlob(L *lua.LState) int {
	m := machineOf(L)
	pattern := argString(L, 1, "std.glob")
	s, ok := optString(L, 2, "std.glob")
	g, err := glob.Parse(pattern)
	if err != nil {
		m.fail("std.glob: %s", err)
	}
	m.spend(8+len(pattern)*(1+len(s)/256), 256+4*len(pattern))
	return pushBool(L, ok && g.Match(s))
}

// stdInWindow reports whether a time is in "HH:MM-HH:MM", on days, in a zone.
func (lib *library) stdInWindow(L *lua.LState) int {
	m := machineOf(L)
	unix := argNumber(L, 1, "std.in_window")
	w := window{days: allDays, loc: time.UTC}
	m.spend(32, 256)
	err := w.parseHours(argString(L, 2, "std.in_window"))
	if days, ok := optString(L, 3, "std.in_window"); ok && err == nil {
		err = w.parseDays(days)
	}
	if zone, ok := optString(L, 4, "std.in_window"); ok && err == nil {
		w.loc, err = lib.zones.get(m, zone)
	}
	if err != nil {
		m.fail("std.in_window: %s", err)
	}
	if !(unix > -1e12 && unix < 1e12) {
		m.fail("std.in_window: argument 1 must be a time in seconds")
	}
	return pushBool(L, w.contains(time.Unix(int64(unix), 0)))
}

// zoneCache keeps the zones that predicates name: reading one means opening a
// file. Only real zones are kept, so it is bounded by their number.
type zoneCache struct{ zones sync.Map }

func (c *zoneCache) get(m *machine, name string) (*time.Location, error) {
	if loc, ok := c.zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	m.spend(2000, 16<<10)
	var w window
	if err := w.parseZone(name); err != nil {
		return nil, err
	}
	c.zones.Store(name, w.loc)
	return w.loc, nil
}

// eachItem calls a function for the items of a list until one answers stop.
// Like a predicate, the function must answer true or false.
func eachItem(L *lua.LState, name string, stop bool) int {
	m := machineOf(L)
	t := argTable(L, 1, name)
	fn, ok := L.Get(2).(*lua.LFunction)
	if !ok {
		m.fail("%s: argument 2 must be a function, not %s", name, L.Get(2).Type())
	}
	for i, n := 1, t.Len(); i <= n; i++ {
		m.spend(4, 0)
		L.Push(fn)
		L.Push(t.RawGetInt(i))
		L.Call(1, 1)
		answer, ok := L.Get(-1).(lua.LBool)
		L.Pop(1)
		if !ok {
			m.fail("%s: the function must return true or false", name)
		}
		if bool(answer) == stop {
			return pushBool(L, stop)
		}
	}
	return pushBool(L, !stop)
}
