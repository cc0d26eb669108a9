package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/postern-project/postern/runtime/glob"
	"github.com/postern-project/postern/runtime/secret"
)

// maskListed registers the values that o.Mask names, before anything is
// released. What cannot be registered is noted in the status and logged.
func (r *Runtime) maskListed(ctx context.Context, o Options) error {
	if len(o.Mask) == 0 {
		return nil
	}
	var patterns glob.List
	for _, text := range o.Mask {
		g, err := glob.ParseKey(text)
		if err != nil {
			return loadError("", fmt.Sprintf("Options.Mask: %v", err))
		}
		patterns = append(patterns, g)
	}
	names, fault := r.self.listable(r.self.request(secret.OpGet, ""))
	if fault != nil {
		return loadError("", "Options.Mask: "+fault.Message)
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return (&secret.Error{Code: secret.CodeOf(err), Op: secret.OpOpen, Provider: name}).Wrap(err)
		}
		r.maskProvider(ctx, name, patterns)
	}
	for _, u := range r.status.Unmasked {
		r.log.LogAttrs(ctx, slog.LevelWarn, "values of a provider are not masked before they are read",
			slog.String("provider", u.Provider), slog.String("code", string(u.Code)), slog.Int("keys", u.Keys))
	}
	return nil
}

// maskProvider reads, for the caller of the options, what one provider lists. A
// provider that does not apply here has nothing to mask.
func (r *Runtime) maskProvider(ctx context.Context, name string, patterns glob.List) {
	c, err := r.self.At(name)
	if err != nil {
		r.status.Unmasked = append(r.status.Unmasked, Unmasked{Provider: name, Code: secret.ErrPolicyFault}) // only the policy names such
		return
	}
	keys, err := c.readableKeys(ctx)
	var e *secret.Error
	switch code := secret.CodeOf(err); {
	case code == secret.ErrLoad && errors.As(err, &e) && len(e.Attempts) > 0 && e.Attempts[0].Code == secret.ErrNotConfigured:
		return
	case err != nil:
		r.status.Unmasked = append(r.status.Unmasked, Unmasked{Provider: name, Code: code})
		return
	}
	var matching []Key
	for _, k := range keys {
		if err := ctx.Err(); err != nil {
			r.status.Unmasked = append(r.status.Unmasked, Unmasked{Provider: name, Code: secret.CodeOf(err)})
			return
		}
		if patterns.Match(string(k)) {
			matching = append(matching, k)
		}
	}
	failed := Unmasked{Provider: name}
	for _, res := range c.GetMany(ctx, matching) {
		switch code := secret.CodeOf(res.Err); code {
		case "":
			r.status.Masked++
			r.listed = append(r.listed, res.Secret)
		case secret.ErrDenied, secret.ErrNotFound: // not for this caller, or gone
		default:
			failed.Code, failed.Keys = code, failed.Keys+1
		}
	}
	if failed.Keys > 0 {
		r.status.Unmasked = append(r.status.Unmasked, failed)
	}
}
