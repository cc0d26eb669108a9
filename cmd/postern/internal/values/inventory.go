package values

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/suggest"
)

// Inventory is what the providers of a session hold, as far as they list it.
type Inventory struct {
	a      *app.App
	s      app.Session
	strict bool
	all    []held
	named  []secret.Key // keys that no provider lists, but that --only names and that were got
	from   []string     // the providers of those
}

// held is what one provider holds.
type held struct {
	runtime.ProviderInfo
	options runtime.ProviderOptions
	routed  bool         // it may be asked for some key of the caller, in the chain or by a rule
	keys    []secret.Key // that the caller may get, sorted
	unknown bool         // its keys are not known: it was not asked for them, or cannot list them
	mute    bool         // it cannot list them
	absent  bool         // it is not configured here, as a file that does not exist
	said    string       // what its module said about that
}

// InventoryFlags are --strict and --allow-empty; see [TakeInventory].
func InventoryFlags(strict string) []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "strict", Usage: strict},
		&cli.BoolFlag{Name: "allow-empty", Usage: "do not fail if a configured file is missing or there are no values"},
	}
}

// TakeInventory asks every provider of the chain for its keys. A provider that
// cannot list them, or that fails and may be skipped, is named in a warning; with
// --strict it is an error, as are names that a provider has left out since they are not
// valid keys, or as links. So is the absence of a configured file, unless
// --allow-empty is given.
//
// Without --only the whole environment is not listed, but for values in files that
// variables name: being there makes nothing a secret.
//
// A key that --only names in full is got, whether or not a provider lists it to this
// caller; if it cannot be got, that is an error. So is a key that --except names in
// full and nobody has. A glob that matches no key is named in a warning, with --strict
// in an error.
func TakeInventory(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, sel Selection) (*Inventory, error) {
	v := newInventory(a, s, cmd)
	for i := range v.all {
		list := v.list
		if len(sel.only) == 0 && v.all[i].wholeEnvironment() {
			list = v.listFiles
		}
		if err := list(ctx, &v.all[i]); err != nil {
			return nil, err
		}
	}
	if err := v.checkFiles(cmd); err != nil {
		return nil, err
	}
	return v, v.checkSelection(ctx, cmd, sel)
}

func newInventory(a *app.App, s app.Session, cmd *cli.Command) *Inventory {
	v := &Inventory{a: a, s: s, strict: cmd.Bool("strict")}
	routed := s.Routed(secret.OpGet)
	for _, info := range s.Providers() {
		h := held{ProviderInfo: info, routed: info.InChain || slices.Contains(routed, info.Name)}
		for _, o := range s.Config().Options.Providers {
			if o.Name == info.Name {
				h.options = o
			}
		}
		v.all = append(v.all, h)
	}
	return v
}

// CheckPresent is for a command that names its keys and lists none. Like
// [TakeInventory] it returns an error if a file that the configuration names is not
// there: a default would stand in for its values, or another provider's. It also
// returns an error if no provider applies here and none of the values is from one.
func CheckPresent(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, values []Result) error {
	if len(values) == 0 {
		return nil
	}
	v := newInventory(a, s, cmd)
	for i := range v.all {
		h := &v.all[i]
		if !h.routed || len(h.options.Grant.Files) == 0 {
			continue
		}
		one, err := s.At(h.Name)
		if err != nil {
			return err
		}
		_, err = one.Keys(ctx, "") // reading the values has reported any other error
		h.absent, h.said = notConfigured(err), app.ModuleText(err)
	}
	if err := v.checkFiles(cmd); err != nil || slices.ContainsFunc(values, Result.provided) {
		return err
	}
	return v.Applies(cmd)
}

// list asks one provider. One outside of the chain is asked for what rules of the
// policy route to it, and only if there are such rules.
func (v *Inventory) list(ctx context.Context, h *held) error {
	if !h.routed {
		return nil
	}
	one, err := v.s.At(h.Name)
	if err != nil {
		return err
	}
	listing, err := one.List(ctx, "")
	keys := listing.Keys
	if n := listing.LeftOut[h.Name]; err == nil && n > 0 {
		if err := v.leftOut(h, n); err != nil {
			return err
		}
	}
	switch code := secret.CodeOf(err); {
	case err == nil && !h.InChain:
		for _, k := range keys {
			if err := app.Ended(ctx); err != nil {
				return err
			}
			if slices.Contains(v.s.Decide(secret.OpGet, k).Providers, h.Name) {
				h.keys = append(h.keys, k)
			}
		}
		return nil
	case err == nil:
		h.keys = keys
		return nil
	case notConfigured(err):
		h.absent, h.said = true, app.ModuleText(err)
		return nil
	case code == secret.ErrUnsupported:
		h.unknown, h.mute = true, true
		return v.incomplete(err, "provider %q cannot list its keys: values that only it has are neither given nor masked", h.Name)
	case v.optional(h.Name) && errors.Is(err, secret.ErrUnavailable):
		h.unknown = true
		return v.incomplete(err, "provider %q was skipped because it failed: its keys are missing", h.Name)
	}
	return err
}

// has reports whether the provider lists a key that the caller may get.
func (h *held) has(key secret.Key) bool {
	_, found := slices.BinarySearch(h.keys, key)
	return found
}

// incomplete warns, or returns err if the command is strict.
func (v *Inventory) incomplete(err error, format string, args ...any) error {
	if v.strict {
		return err
	}
	v.a.Warn(format, args...)
	return nil
}

// leftOut is [Inventory.incomplete] for names that a provider has left out of its listing.
// Without --strict nothing is said here: the log has a line for each listing.
func (v *Inventory) leftOut(h *held, n int) error {
	if !v.strict {
		return nil
	}
	things := "1 name that is a link, not a valid key, or a leftover such as .NAME.swp, is"
	if n != 1 {
		things = fmt.Sprintf("%d names that are links, not valid keys, or leftovers such as .NAME.swp, are", n)
	}
	return &app.Failure{Exit: app.ExitData, Code: secret.ErrInvalidKey, Hint: "postern keys",
		Text: fmt.Sprintf("provider %q: %s left out: such a value is neither given nor masked, which --strict does not allow", h.Name, things)}
}

// checkFiles returns an error if a file that the configuration names is not there.
// Without a configuration, .env is optional.
func (v *Inventory) checkFiles(cmd *cli.Command) error {
	if v.s.Config().Path == "" || cmd.Bool("allow-empty") {
		return nil
	}
	for _, h := range v.all {
		if h.absent && len(h.options.Grant.Files) > 0 {
			return v.nothing(fmt.Sprintf("provider %q has nothing to read: %s is not there", h.Name, source(h.options)))
		}
	}
	return nil
}

// source describes the file of a provider.
func source(o runtime.ProviderOptions) string {
	if path := o.Config["path"]; path != "" {
		return fmt.Sprintf("%q", path)
	}
	return fmt.Sprintf("%q", o.Grant.Files[0].Path)
}

// nothing is the error for a command that has no values to work with.
func (v *Inventory) nothing(text string) error {
	hint := "postern doctor"
	if v.s.Config().Path != "" {
		hint = "postern provider test"
	}
	var said []string
	for _, h := range v.all {
		switch {
		case h.said == "":
		case len(v.all) == 1:
			said = []string{h.said}
		default:
			said = append(said, h.Name+": "+h.said)
		}
	}
	return &app.Failure{
		Exit: app.ExitConfig, Code: secret.ErrNotConfigured, Text: text + "; --allow-empty accepts that", Hint: hint,
		Module: strings.Join(said, "; "),
	}
}

// Applies returns nil if a provider applies here that the chain or a rule of the policy
// asks. That the whole environment can be read does not count: the command inherits it
// anyway.
func (v *Inventory) Applies(cmd *cli.Command) error {
	if cmd.Bool("allow-empty") || slices.ContainsFunc(v.all, func(h held) bool { return h.routed && !h.absent && !h.wholeEnvironment() }) {
		return nil
	}
	if v.s.Config().Path != "" {
		if slices.ContainsFunc(v.all, func(h held) bool { return h.routed && !h.absent }) {
			return nil
		}
		return v.nothing("no provider of the chain applies here")
	}
	text := "there are no values to use: no configuration was found"
	for _, h := range v.all {
		if h.InChain && h.absent && len(h.options.Grant.Files) > 0 {
			text += fmt.Sprintf(", and %s is not there", source(h.options))
		}
	}
	return v.nothing(text)
}

// Gives returns an error that says why if there is no value that the caller may get, so
// that a command that uses values has none. It counts only keys that the caller may
// list, and asks no provider for a caller who may list none.
func (v *Inventory) Gives(ctx context.Context, cmd *cli.Command) error {
	if err := v.Applies(cmd); err != nil || cmd.Bool("allow-empty") || len(v.named) > 0 {
		return err
	}
	only, mute := true, ""
	for i := range v.all {
		h := &v.all[i]
		if len(h.keys) > 0 || h.unknown && !h.mute && !h.wholeEnvironment() {
			return nil
		}
		if h.mute {
			mute = h.Name
		}
		only = only && h.wholeEnvironment()
	}
	if mute != "" {
		return v.nothing(fmt.Sprintf("there are no values to use: provider %q cannot list its keys; --only KEY takes a key that is named", mute))
	}
	if only { // the caller inherits it
		return nil
	}
	names, err := v.names(ctx)
	if err != nil {
		return err
	}
	switch why := Withheld(v.s, names); {
	case why != "" && names == 0 && len(v.s.Routed(secret.OpGet)) > 0:
		return v.denied(ctx, why+"; --only KEY takes a key that is named")
	case why != "":
		return v.denied(ctx, why)
	}
	caller := caller(v.s)
	text := "there are no values to use: no provider that is asked has a key"
	if v.s.Config().Options.PolicyFile.Preset != policies.Open {
		text += " that " + caller + " may list"
	}
	return v.nothing(text)
}

// Withheld says that the policy is why a caller gets no value, although it may list so
// many keys; "" if it is not the policy.
func Withheld(s app.Session, names int) string {
	switch {
	case names > 0:
		return "of " + count(names) + " the policy gives none to " + caller(s)
	case len(s.Routed(secret.OpGet)) == 0:
		return "the policy gives nothing to " + caller(s)
	case len(s.Routed(secret.OpKeys)) == 0:
		return "the policy lets " + caller(s) + " list no key"
	}
	return ""
}

// caller describes the caller of a session.
func caller(s app.Session) string {
	who := s.Caller()
	text := fmt.Sprintf("the caller %q", who.Name)
	if len(who.Roles) > 0 {
		text += " with " + roles(who.Roles)
	}
	return text
}

// denied is the error of a caller to whom the policy gives no value.
func (v *Inventory) denied(ctx context.Context, why string) error {
	return &app.Failure{Exit: secret.ErrDenied.ExitCode(), Code: secret.ErrDenied, Hint: v.explain(ctx),
		Text: "there are no values to use: " + why + "; --allow-empty accepts that"}
}

// names counts the keys that the caller may list, got or not, without those of the whole
// environment. A provider outside of the chain counts with what rules route to it.
func (v *Inventory) names(ctx context.Context) (n int, err error) {
	listed := v.s.Routed(secret.OpKeys)
	for i := range v.all {
		h := &v.all[i]
		if h.wholeEnvironment() || h.absent || !slices.Contains(listed, h.Name) {
			continue
		}
		one, err := v.s.At(h.Name)
		if err != nil {
			return 0, err
		}
		names, err := one.Names(ctx, "")
		if err != nil && !notConfigured(err) {
			return 0, err
		}
		n += len(names)
	}
	return n, nil
}

func roles(names []string) string {
	if len(names) == 1 {
		return "the role " + names[0]
	}
	return "the roles " + strings.Join(names, ", ")
}

// Exports is [Inventory.Gives] for a command that writes the selected values, of which
// there are none. Leaving them all out by --except is fine.
func (v *Inventory) Exports(ctx context.Context, cmd *cli.Command, sel Selection) error {
	if err := v.Gives(ctx, cmd); err != nil || cmd.Bool("allow-empty") || len(sel.except) > 0 {
		return err
	}
	return &app.Failure{Exit: app.ExitConfig, Code: secret.ErrNotConfigured, Hint: "postern keys",
		Text: "there are no values to write: what is in the environment already is left out unless --only selects it; --allow-empty accepts that"}
}

func count(keys int) string {
	if keys == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%d keys", keys)
}

// explain returns a command that explains a decision: about a key that the caller may
// list, or how to ask about one.
func (v *Inventory) explain(ctx context.Context) string {
	names, _ := v.s.Names(ctx, "")
	for _, name := range names {
		if !strings.HasPrefix(string(name), "-") {
			return string(suggest.Command("postern", "explain", string(name)))
		}
	}
	return "postern help explain"
}

// Select returns the selected keys that the policy lets the caller read, sorted.
// Without --only it leaves out those that only environment variables hold.
func (v *Inventory) Select(ctx context.Context, sel Selection) ([]secret.Key, error) {
	keys := slices.Clone(v.named)
	for i := range v.all {
		if h := &v.all[i]; len(sel.only) > 0 || !FromEnvironment(h.ProviderInfo) {
			readable, err := v.readable(ctx, h, sel)
			if err != nil {
				return nil, err
			}
			keys = append(keys, readable...)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// readable returns the selected keys of a provider that the policy lets the caller
// read. If the policy itself fails, a key counts as readable, so that reading it
// reports the fault.
func (v *Inventory) readable(ctx context.Context, h *held, sel Selection) ([]secret.Key, error) {
	var keys []secret.Key
	for _, k := range h.keys {
		if err := app.Ended(ctx); err != nil {
			return nil, err
		}
		if !sel.has(k) {
			continue
		}
		if d := v.s.Decide(secret.OpGet, k); d.Allow || d.Code != policy.DeniedByRule && d.Code != policy.NoRule && d.Code != policy.NoChain {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// MaskAll reads every selected value that a provider holds and the caller may read,
// so that it is registered for masking, whichever provider answers for its key in the
// chain, and those that --only names in full, which no provider need list. It returns
// their number. It does not read again what is in got, and without --only it leaves
// out the whole environment. With all it also reads what is not selected.
func (v *Inventory) MaskAll(ctx context.Context, sel Selection, all bool, got []Got) (n int, err error) {
	have := map[Got]bool{}
	for _, g := range got {
		have[g] = true
	}
	n = len(v.named) // which were registered when they were got
	for i := range v.all {
		h := &v.all[i]
		from := sel
		if all && !h.wholeEnvironment() {
			from = Selection{}
		}
		keys, err := v.readable(ctx, h, from)
		if err != nil {
			return n, err
		}
		n += len(keys)
		keys = slices.DeleteFunc(keys, func(k secret.Key) bool { return have[Got{h.Name, k}] })
		if len(keys) == 0 {
			continue
		}
		if err := v.read(ctx, h, keys); err != nil {
			return n, err
		}
	}
	return n, nil
}

// Got is a value that was read: the provider that it is from, and its key there.
type Got struct {
	Provider string
	Key      secret.Key
}

// read reads keys of one provider. A key that was removed since it was listed, or
// that the caller may not read from this provider, is left out.
func (v *Inventory) read(ctx context.Context, h *held, keys []secret.Key) error {
	one, err := v.s.At(h.Name)
	if err != nil {
		return err
	}
	for _, r := range one.GetMany(ctx, keys) {
		switch code := secret.CodeOf(r.Err); {
		case r.Err == nil, code == secret.ErrNotFound, code == secret.ErrDenied:
		case v.optional(h.Name) && errors.Is(r.Err, secret.ErrUnavailable):
			return v.incomplete(r.Err, "provider %q was skipped because it failed: its values are not masked", h.Name)
		default:
			return r.Err
		}
	}
	return nil
}

// notConfigured reports whether a provider that was asked alone is not
// configured. A chain of one provider reports that as its only attempt.
func notConfigured(err error) bool {
	var e *secret.Error
	return errors.As(err, &e) && len(e.Attempts) == 1 && e.Attempts[0].Code == secret.ErrNotConfigured
}

// Missing reports whether a get of one provider failed because it does not have the
// key, or has no store yet.
func Missing(err error) bool {
	return errors.Is(err, secret.ErrNotFound) || notConfigured(err)
}

// optional reports whether the chain continues when the provider fails.
func (v *Inventory) optional(provider string) bool {
	return slices.ContainsFunc(v.s.Config().Options.Chain, func(l runtime.ChainLink) bool {
		return l.Name == provider && l.ContinueWhenUnavailable
	})
}
