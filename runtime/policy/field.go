package policy

import (
	"fmt"
	"slices"
	"unicode"

	lua "github.com/yuin/gopher-lua"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/redact/mask"
	"github.com/postern-project/postern/runtime/suggest"
)

// field is one field of a rule. The same list checks policies and produces
// the editor stubs, so that the two cannot differ.
type field struct {
	name  string
	kinds kindSet // kinds of rules that have it
	lua   string  // type, as annotations write it
	doc   string
	must  kindSet // kinds of rules that cannot do without it
	parse func(d *draft, v lua.LValue) error
}

type kindSet uint8

func kinds(ks ...kind) (s kindSet) {
	for _, k := range ks {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k kind) bool { return s&(1<<k) != 0 }

var (
	accessKinds  = kinds(kindAllow, kindDeny)
	matchKinds   = kinds(kindAllow, kindDeny, kindChain)
	allKinds     = kindSet(1<<kindCount - 1)
	stringsType  = "policy.strings"
	hookType     = "policy.strings|fun(req: policy.request): string[]"
	maskModeType = `"none"|"full"|"first"|"last"|"hash"`
)

// fields is every field of every rule, in the order of the documentation.
var fields = []field{
	{"keys", allKinds, stringsType, `globs: "*" one segment, "**" any depth`, allKinds, (*draft).parseKeys},
	{"ops", matchKinds, "policy.op|policy.op[]", "default: all", 0, (*draft).parseOps},
	{"roles", matchKinds, stringsType, "any of", 0, (*draft).parseRoles},
	{"callers", matchKinds, stringsType, "globs, any of", 0, (*draft).parseCallers},
	{"labels", matchKinds, "table<string, string>", "all must be equal", 0, (*draft).parseLabels},
	{"hours", matchKinds, "string", `"HH:MM-HH:MM", may wrap midnight`, 0, (*draft).parseHours},
	{"days", matchKinds, "string", `"mon-fri" or "sat,sun"`, 0, (*draft).parseDays},
	{"tz", matchKinds, "string", "IANA zone, default UTC", 0, (*draft).parseZone},
	{"when", matchKinds, "fun(req: policy.request): boolean", "runs last; must return true or false", 0, (*draft).parseWhen},
	{"reason", accessKinds, "string", "shown to the caller on deny", 0, (*draft).parseReason},
	{"providers", kinds(kindChain), hookType, "order to ask in", kinds(kindChain), (*draft).parseProviders},
	{"mode", kinds(kindRedact), maskModeType, "how a value is shown", kinds(kindRedact), (*draft).parseMode},
	{"keep", kinds(kindRedact), "integer", fmt.Sprintf(`characters kept by "first" and "last", 1 to %d`, mask.MaxKeep), 0, (*draft).parseKeep},
	{"provider", kinds(kindPin), "string", "the only provider that may be asked", kinds(kindPin), (*draft).parseProvider},
}

func fieldOf(k kind, name string) (field, bool) {
	for _, f := range fields {
		if f.name == name && f.kinds.has(k) {
			return f, true
		}
	}
	return field{}, false
}

func fieldNamesOf(k kind) []string {
	var names []string
	for _, f := range fields {
		if f.kinds.has(k) {
			names = append(names, f.name)
		}
	}
	return names
}

// draft is a rule while its fields are read.
type draft struct {
	rule
	opts  *Options
	given map[string]bool
	zoned window
}

// hinted is an error with a suggestion.
type hinted struct{ msg, hint string }

func (h *hinted) Error() string { return h.msg }

func oneOf(what, word string, names []string) error {
	return &hinted{fmt.Sprintf("unknown %s %s", what, quote(word)), suggest.Closest(word, names)}
}

// stringList reads a string or a list of strings; it may not be empty.
func stringList(v lua.LValue) ([]string, error) {
	var out []string
	switch v := v.(type) {
	case lua.LString:
		out = []string{string(v)}
	case *lua.LTable:
		for k, item := v.Next(lua.LNil); k != lua.LNil; k, item = v.Next(k) {
			s, ok := item.(lua.LString)
			if _, number := k.(lua.LNumber); !ok || !number {
				return nil, fmt.Errorf("want a string or a list of strings")
			}
			out = append(out, string(s))
		}
	default:
		return nil, fmt.Errorf("want a string or a list of strings, not %s", v.Type())
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("an empty list matches nothing")
	}
	for i, s := range out {
		if s == "" {
			return nil, fmt.Errorf("an empty string matches nothing")
		}
		if slices.Contains(out[:i], s) {
			return nil, fmt.Errorf("%s is listed twice", quote(s))
		}
	}
	return out, nil
}

func (d *draft) globs(v lua.LValue, parse func(string) (*glob.Glob, error)) (glob.List, error) {
	list, err := stringList(v)
	if err != nil {
		return nil, err
	}
	out := make(glob.List, len(list))
	for i, s := range list {
		if out[i], err = parse(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *draft) parseKeys(v lua.LValue) (err error) {
	d.keys, err = d.globs(v, glob.ParseKey)
	return err
}

func (d *draft) parseCallers(v lua.LValue) (err error) {
	d.callers, err = d.globs(v, glob.Parse)
	return err
}

func (d *draft) parseRoles(v lua.LValue) (err error) {
	d.roles, err = stringList(v)
	return err
}

func (d *draft) parseOps(v lua.LValue) error {
	words, err := stringList(v)
	if err != nil {
		return err
	}
	d.ops = 0
	for _, word := range words {
		set, ok := parseOpSet(word)
		if !ok {
			known := append(slices.Clone(opNames[1:]), "read", "write", "*")
			return oneOf("operation", word, known)
		}
		d.ops |= set
	}
	return nil
}

func (d *draft) parseLabels(v lua.LValue) error {
	t, ok := v.(*lua.LTable)
	if !ok {
		return fmt.Errorf("want a table of strings, not %s", v.Type())
	}
	for k, item := t.Next(lua.LNil); k != lua.LNil; k, item = t.Next(k) {
		name, ok1 := k.(lua.LString)
		value, ok2 := item.(lua.LString)
		if !ok1 || !ok2 {
			return fmt.Errorf(`want { name = "value" }`)
		}
		d.labels = append(d.labels, label{string(name), string(value)})
	}
	if len(d.labels) == 0 {
		return fmt.Errorf("an empty table says nothing")
	}
	return nil
}

// text reads a string field.
func text(v lua.LValue) (string, error) {
	s, ok := v.(lua.LString)
	if !ok {
		return "", fmt.Errorf("want a string, not %s", v.Type())
	}
	return string(s), nil
}

func (d *draft) windowField(v lua.LValue, parse func(string) error) error {
	s, err := text(v)
	if err != nil {
		return err
	}
	d.window = &d.zoned
	return parse(s)
}

func (d *draft) parseHours(v lua.LValue) error { return d.windowField(v, d.zoned.parseHours) }
func (d *draft) parseDays(v lua.LValue) error  { return d.windowField(v, d.zoned.parseDays) }
func (d *draft) parseZone(v lua.LValue) error  { return d.windowField(v, d.zoned.parseZone) }

func (d *draft) parseWhen(v lua.LValue) error {
	fn, ok := v.(*lua.LFunction)
	if !ok || fn.IsG {
		return fmt.Errorf("want function(req) ... end")
	}
	d.when = fn
	return nil
}

const maxReason = 256

func (d *draft) parseReason(v lua.LValue) error {
	s, err := text(v)
	if err != nil {
		return err
	}
	if s == "" || len(s) > maxReason || !printable(s) {
		return fmt.Errorf("want one line of at most %d bytes", maxReason)
	}
	d.reason = s
	return nil
}

func printable(s string) bool {
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func (d *draft) parseProviders(v lua.LValue) error {
	if fn, ok := v.(*lua.LFunction); ok && !fn.IsG {
		d.hook = fn
		return nil
	}
	list, err := stringList(v)
	if err != nil {
		return err
	}
	for _, name := range list {
		if err := d.knownProvider(name); err != nil {
			return err
		}
	}
	d.providers = list
	return nil
}

func (d *draft) parseProvider(v lua.LValue) error {
	name, err := text(v)
	if err != nil {
		return err
	}
	d.providers = []string{name}
	return d.knownProvider(name)
}

func (d *draft) knownProvider(name string) error {
	if d.opts.Providers == nil || slices.Contains(d.opts.Providers, name) {
		return nil
	}
	return oneOf("provider", name, d.opts.Providers)
}

func (d *draft) parseMode(v lua.LValue) error {
	s, err := text(v)
	if err != nil {
		return err
	}
	modes := []string{string(MaskNone), string(mask.Full), string(mask.First), string(mask.Last), string(mask.Hash)}
	if !slices.Contains(modes, s) {
		return oneOf("mode", s, modes)
	}
	d.mask.Mode = mask.Mode(s)
	return nil
}

func (d *draft) parseKeep(v lua.LValue) error {
	n, ok := v.(lua.LNumber)
	if !ok || n < 1 || n > mask.MaxKeep || n != lua.LNumber(int(n)) {
		return fmt.Errorf("want a whole number from 1 to %d", mask.MaxKeep)
	}
	d.mask.Keep = int(n)
	return nil
}
