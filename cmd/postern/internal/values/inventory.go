package values

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// Inventory is what the providers of a session hold, as far as they list it.
type Inventory struct {
	a      *app.App
	s      app.Session
	strict bool
	all    []held
}

// held is what one provider holds.
type held struct {
	runtime.ProviderInfo
	options runtime.ProviderOptions
	keys    []secret.Key
	absent  bool // it is not configured here, as a file that does not exist
}

// InventoryFlags are --strict and --allow-empty; see [TakeInventory].
func InventoryFlags(strict string) []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "strict", Usage: strict},
		&cli.BoolFlag{Name: "allow-empty", Usage: "accept that a configured file is absent, or that no provider of the chain applies here"},
	}
}

// TakeInventory asks every provider of the chain for its keys. A provider that
// cannot list them, or that fails and may be skipped, is named in a warning; with
// --strict it is an error. So is the absence of a configured file, unless
// --allow-empty is given.
//
// Without --only the whole environment is not listed: being there makes nothing a
// secret.
func TakeInventory(ctx context.Context, a *app.App, s app.Session, cmd *cli.Command, sel Selection) (*Inventory, error) {
	v := newInventory(a, s, cmd)
	for i := range v.all {
		if len(sel.only) == 0 && v.all[i].wholeEnvironment() {
			continue
		}
		if err := v.list(ctx, &v.all[i]); err != nil {
			return nil, err
		}
	}
	return v, v.checkFiles(cmd)
}

func newInventory(a *app.App, s app.Session, cmd *cli.Command) *Inventory {
	v := &Inventory{a: a, s: s, strict: cmd.Bool("strict")}
	for _, info := range s.Providers() {
		h := held{ProviderInfo: info}
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
		if !h.InChain || len(h.options.Grant.Files) == 0 {
			continue
		}
		one, err := s.At(h.Name)
		if err != nil {
			return err
		}
		_, err = one.Keys(ctx, "") // reading the values has reported any other error
		h.absent = notConfigured(err)
	}
	if err := v.checkFiles(cmd); err != nil || slices.ContainsFunc(values, Result.provided) {
		return err
	}
	return v.Applies(cmd)
}

// list asks one provider. One outside of the chain is asked for what rules of the
// policy route to it, and only if there are such rules.
func (v *Inventory) list(ctx context.Context, h *held) error {
	if !h.InChain && !slices.Contains(v.s.Routed(), h.Name) {
		return nil
	}
	one, err := v.s.At(h.Name)
	if err != nil {
		return err
	}
	keys, err := one.Keys(ctx, "")
	switch code := secret.CodeOf(err); {
	case err == nil && !h.InChain:
		h.keys = slices.DeleteFunc(keys, func(k secret.Key) bool { return !slices.Contains(v.s.Decide(secret.OpGet, k).Providers, h.Name) })
		return nil
	case err == nil:
		h.keys = keys
		return nil
	case notConfigured(err):
		h.absent = true
		return nil
	case code == secret.ErrUnsupported:
		return v.incomplete(err, "provider %q cannot list its keys: values that only it has are neither given nor masked", h.Name)
	case v.optional(h.Name) && errors.Is(err, secret.ErrUnavailable):
		return v.incomplete(err, "provider %q was skipped because it failed: its keys are missing", h.Name)
	}
	return err
}

// incomplete warns, or returns err if the command is strict.
func (v *Inventory) incomplete(err error, format string, args ...any) error {
	if v.strict {
		return err
	}
	v.a.Warn(format, args...)
	return nil
}

// checkFiles returns an error if a file that the configuration names is not there.
// Without a configuration, .env is optional.
func (v *Inventory) checkFiles(cmd *cli.Command) error {
	if v.s.Config().Path == "" || cmd.Bool("allow-empty") {
		return nil
	}
	for _, h := range v.all {
		if h.InChain && h.absent && len(h.options.Grant.Files) > 0 {
			return nothing(v.s, fmt.Sprintf("provider %q has nothing to read: %s is not there", h.Name, source(h.options)))
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
func nothing(s app.Session, text string) error {
	hint := "postern doctor"
	if s.Config().Path != "" {
		hint = "postern provider test"
	}
	return &app.Failure{Exit: app.ExitConfig, Code: secret.ErrNotConfigured, Text: text + "; --allow-empty accepts that", Hint: hint}
}

// Applies returns nil if a provider of the chain applies here. That the whole
// environment can be read does not count: the command inherits it anyway.
func (v *Inventory) Applies(cmd *cli.Command) error {
	if cmd.Bool("allow-empty") || slices.ContainsFunc(v.all, func(h held) bool { return h.InChain && !h.absent && !h.wholeEnvironment() }) {
		return nil
	}
	if v.s.Config().Path != "" {
		if slices.ContainsFunc(v.all, func(h held) bool { return h.InChain && !h.absent }) {
			return nil
		}
		return nothing(v.s, "no provider of the chain applies here")
	}
	text := "there are no values to use: no configuration was found"
	for _, h := range v.all {
		if h.InChain && h.absent && len(h.options.Grant.Files) > 0 {
			text += fmt.Sprintf(", and %s is not there", source(h.options))
		}
	}
	return nothing(v.s, text)
}

// Select returns the selected keys that the policy lets the caller read, sorted.
// Without --only it leaves out those that only environment variables hold. With
// --only it fails if no key matches: somebody expects a value that does not exist.
func (v *Inventory) Select(cmd *cli.Command, sel Selection) ([]secret.Key, error) {
	var keys []secret.Key
	for i := range v.all {
		if h := &v.all[i]; len(sel.only) > 0 || !FromEnvironment(h.ProviderInfo) {
			keys = append(keys, v.readable(h, sel)...)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(sel.only) > 0 && len(keys) == 0 {
		if err := v.Applies(cmd); err != nil {
			return nil, err
		}
		return nil, &secret.Error{Code: secret.ErrNotFound, Op: secret.OpKeys, Detail: "no key matches --only " + sel.onlyText()}
	}
	return keys, nil
}

// readable returns the selected keys of a provider that the policy lets the caller
// read. If the policy itself fails, a key counts as readable, so that reading it
// reports the fault.
func (v *Inventory) readable(h *held, sel Selection) []secret.Key {
	var keys []secret.Key
	for _, k := range h.keys {
		if !sel.has(k) {
			continue
		}
		if d := v.s.Decide(secret.OpGet, k); d.Allow || d.Code != policy.DeniedByRule && d.Code != policy.NoRule && d.Code != policy.NoChain {
			keys = append(keys, k)
		}
	}
	return keys
}

// MaskAll reads every selected value that a provider holds and the caller may read,
// so that it is registered for masking, whichever provider answers for its key in the
// chain, and those that --only names in full, which no provider need list. It returns
// their number. It does not read again what is in got, and without --only it leaves
// out the whole environment.
func (v *Inventory) MaskAll(ctx context.Context, sel Selection, got []Got) (n int, err error) {
	have := map[Got]bool{}
	for _, g := range got {
		have[g] = true
	}
	for i := range v.all {
		h := &v.all[i]
		if len(sel.only) == 0 && h.wholeEnvironment() {
			continue
		}
		keys := v.readable(h, sel)
		n += len(keys)
		keys = slices.DeleteFunc(keys, func(k secret.Key) bool { return have[Got{h.Name, k}] })
		if len(keys) == 0 {
			continue
		}
		if err := v.read(ctx, h, keys); err != nil {
			return n, err
		}
	}
	unlisted, err := v.readUnlisted(ctx, sel)
	return n + unlisted, err
}

// readUnlisted reads the keys that --only names in full and that no provider lists to
// this caller, who may get them nevertheless. It returns how many there are.
func (v *Inventory) readUnlisted(ctx context.Context, sel Selection) (n int, err error) {
	keys := slices.DeleteFunc(sel.named(), func(k secret.Key) bool {
		return slices.ContainsFunc(v.all, func(h held) bool { return slices.Contains(h.keys, k) })
	})
	for _, r := range v.s.GetMany(ctx, keys) {
		switch code := secret.CodeOf(r.Err); {
		case r.Err == nil:
			n++
		case code != secret.ErrNotFound && code != secret.ErrDenied:
			return n, r.Err
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

// FromEnvironment reports whether a provider reads environment variables. A
// child process, or the next step of a CI job, has those already.
func FromEnvironment(p runtime.ProviderInfo) bool { return p.Module == "env" }

// wholeEnvironment reports whether a provider lists every environment variable,
// so that being listed does not make a variable a secret.
func (h *held) wholeEnvironment() bool {
	return FromEnvironment(h.ProviderInfo) && h.options.Config["prefix"] == "" && slices.Contains(h.options.Grant.Env, "*")
}
