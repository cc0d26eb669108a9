package values

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/policies"
	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

// checkSelection gets the keys that --only names in full and nobody lists, and checks
// that each pattern of --only and --except is about some key: see [TakeInventory].
func (v *Inventory) checkSelection(ctx context.Context, cmd *cli.Command, sel Selection) error {
	if err := v.getNamed(ctx, cmd, sel); err != nil {
		return err
	}
	if len(sel.only) > 0 && !cmd.Bool("allow-empty") {
		if selected, err := v.Select(ctx, sel); err != nil {
			return err
		} else if len(selected) == 0 {
			return v.noMatch(cmd, "only", sel.only)
		}
	}
	for _, g := range sel.only {
		if g.Literal() {
			continue
		}
		if found, err := v.matches(ctx, g); err != nil {
			return err
		} else if !found {
			if err := v.mayBeEmpty(cmd, "only", g); err != nil {
				return err
			}
		}
	}
	for _, g := range sel.except {
		if err := v.checkExcept(ctx, cmd, g); err != nil {
			return err
		}
	}
	return nil
}

// getNamed gets the keys that --only names in full and no provider lists to this
// caller, who may get them nevertheless.
func (v *Inventory) getNamed(ctx context.Context, cmd *cli.Command, sel Selection) error {
	named := sel.named()
	if len(named) == 0 {
		return nil
	}
	selected, err := v.Select(ctx, sel)
	if err != nil {
		return err
	}
	named = slices.DeleteFunc(named, func(k secret.Key) bool {
		_, found := slices.BinarySearch(selected, k)
		return found
	})
	var absent glob.List
	for _, r := range v.s.GetMany(ctx, named) {
		switch secret.CodeOf(r.Err) {
		case "":
			v.named, v.from = append(v.named, r.Key), append(v.from, r.Secret.Provider())
		case secret.ErrNotFound:
			absent = append(absent, sel.only[slices.IndexFunc(sel.only, func(g *glob.Glob) bool { return g.String() == string(r.Key) })])
		default:
			return r.Err
		}
	}
	if len(absent) > 0 {
		return v.noMatch(cmd, "only", absent)
	}
	return nil
}

// checkExcept checks one pattern of --except. A key that the caller may not get is left
// out anyway, and is not an error: several callers may use the same command line.
func (v *Inventory) checkExcept(ctx context.Context, cmd *cli.Command, g *glob.Glob) error {
	found, err := v.matches(ctx, g)
	switch key := secret.Key(g.String()); {
	case err != nil, found, v.matchesEnvironment(g):
		return err
	case !g.Literal():
		if g.String() == "**" {
			return nil
		}
		return v.mayBeEmpty(cmd, "except", g)
	case !v.s.Decide(secret.OpGet, key).Allow:
		return nil
	case v.listed():
		if r := v.s.GetMany(ctx, []secret.Key{key}); secret.CodeOf(r[0].Err) == secret.ErrNotFound && !cmd.Bool("allow-empty") {
			return v.noMatch(cmd, "except", glob.List{g})
		}
		return nil
	}
	return v.mayBeEmpty(cmd, "except", g)
}

// matches reports whether a pattern matches a key that the caller may get.
func (v *Inventory) matches(ctx context.Context, g *glob.Glob) (bool, error) {
	found, err := matchesAny(ctx, g, v.named)
	for i := 0; i < len(v.all) && !found && err == nil; i++ {
		found, err = matchesAny(ctx, g, v.all[i].keys)
	}
	return found, err
}

func matchesAny(ctx context.Context, g *glob.Glob, keys []secret.Key) (bool, error) {
	for _, k := range keys {
		if err := app.Ended(ctx); err != nil {
			return false, err
		}
		if g.Match(string(k)) {
			return true, nil
		}
	}
	return false, nil
}

// matchesEnvironment reports whether a pattern matches a variable of the environment
// that was not listed, because without --only none of these is given.
func (v *Inventory) matchesEnvironment(g *glob.Glob) bool {
	return slices.ContainsFunc(v.all, func(h held) bool { return h.unknown && h.wholeEnvironment() }) &&
		slices.ContainsFunc(v.a.Environ, func(entry string) bool { name, _, _ := strings.Cut(entry, "="); return g.Match(name) })
}

// listed reports whether the keys of all providers that are asked are known.
func (v *Inventory) listed() bool {
	return !slices.ContainsFunc(v.all, func(h held) bool { return h.unknown && !h.wholeEnvironment() })
}

// mayBeEmpty warns of a glob that matches nothing, which may be right; with --strict
// it is an error.
func (v *Inventory) mayBeEmpty(cmd *cli.Command, flag string, g *glob.Glob) error {
	switch {
	case cmd.Bool("allow-empty"):
		return nil
	case v.strict:
		return v.noMatch(cmd, flag, glob.List{g})
	}
	v.a.Warn("no key matches --%s %s", flag, g)
	return nil
}

// noMatch is the error for patterns that match no key: somebody expects a value that
// does not exist.
func (v *Inventory) noMatch(cmd *cli.Command, flag string, patterns glob.List) error {
	if err := v.Applies(cmd); err != nil {
		return err
	}
	var all []string
	for _, g := range patterns {
		all = append(all, g.String())
	}
	return &secret.Error{Code: secret.ErrNotFound, Op: secret.OpKeys, Detail: "no key matches --" + flag + " " + strings.Join(all, ", ")}
}

// CheckInject is for commands that set variables by rule. It returns an error if the setting
// "inject" of a provider lists keys and matches none. If a policy decides which keys the
// caller may get, so that the list may be for others, that is a warning where other values
// are used, of which gives says that there are some. With --strict each pattern that matches
// none is an error.
func (v *Inventory) CheckInject(ctx context.Context, cmd *cli.Command, gives bool) error {
	if cmd.Bool("allow-empty") {
		return nil
	}
	for i := range v.all {
		h := &v.all[i]
		keys, set := v.inject(h)
		if !set || h.unknown || h.absent || !h.routed {
			continue
		}
		var unmatched glob.List
		for _, g := range keys {
			if g.String() == "**" {
				continue
			}
			found, err := matchesAny(ctx, g, h.keys)
			if err == nil && !found {
				found, err = matchesAny(ctx, g, v.named)
			}
			if err != nil {
				return err
			}
			if !found {
				unmatched = append(unmatched, g)
			}
		}
		if len(unmatched) == 0 || len(unmatched) < len(keys) && !v.strict {
			continue
		}
		var patterns []string
		for _, g := range unmatched {
			patterns = append(patterns, strconv.Quote(g.String()))
		}
		what, open := "no key", v.s.Config().Options.PolicyFile.Preset == policies.Open
		if !open {
			what += " that " + caller(v.s) + " may get"
		}
		text := fmt.Sprintf("inject of the provider %q matches %s: %s", h.Name, what, strings.Join(patterns, ", "))
		if v.strict || !gives || open {
			return &app.Failure{Exit: app.ExitConfig, Code: secret.ErrNotConfigured, Text: text + "; --allow-empty accepts that", Hint: "postern keys"}
		}
		v.a.Warn("%s", text)
	}
	return nil
}
