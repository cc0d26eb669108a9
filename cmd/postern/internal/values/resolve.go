package values

import (
	"context"

	"github.com/urfave/cli/v3"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/runtime/secret"
)

// Resolve returns the value of one reference.
func Resolve(ctx context.Context, s app.Session, ref Reference) (secret.Secret, error) {
	from, err := s.At(ref.Provider)
	if err != nil {
		return secret.Secret{}, err
	}
	return ref.finish(from.Get(ctx, ref.Key))
}

// Result is the value of one of several references, or the error.
type Result struct {
	Value secret.Secret
	Err   error
}

// provided reports whether a provider has the value, which may not be a default.
func (r Result) provided() bool { return r.Err == nil && r.Value.Provider() != "" }

// ResolveAll returns one result per reference, in their order. All references
// to the same provider, and all that name none, are one request.
func ResolveAll(ctx context.Context, a *app.App, s app.Session, refs []Reference) []Result {
	results := make([]Result, len(refs))
	groups := map[string][]int{} // indexes of refs by provider
	var order []string
	for i, ref := range refs {
		if groups[ref.Provider] == nil {
			order = append(order, ref.Provider)
		}
		groups[ref.Provider] = append(groups[ref.Provider], i)
	}
	for _, provider := range order {
		resolveAt(ctx, s, provider, groups[provider], refs, results)
	}
	for i, ref := range refs { // the runtime registered the whole value, not the part
		if r := results[i]; r.Err == nil && ref.Pointer != "" {
			results[i].Err = a.Values.Add(string(ref.Key), r.Value)
		}
	}
	return results
}

// resolveAt asks one provider for the references at the given indexes.
func resolveAt(ctx context.Context, s app.Session, provider string, indexes []int, refs []Reference, results []Result) {
	from, err := s.At(provider)
	if err != nil {
		for _, i := range indexes {
			results[i].Err = err
		}
		return
	}
	keys := make([]secret.Key, len(indexes))
	for n, i := range indexes {
		keys[n] = refs[i].Key
	}
	for n, r := range from.GetMany(ctx, keys) {
		i := indexes[n]
		results[i].Value, results[i].Err = refs[i].finish(r.Secret, r.Err)
	}
}

// Degraded warns if the value came from a fallback provider. With --strict it
// returns an error instead.
func Degraded(a *app.App, cmd *cli.Command, key secret.Key, v secret.Secret) error {
	for _, name := range v.Degraded() {
		if cmd.Bool("strict") {
			return &secret.Error{Code: secret.ErrUnavailable, Op: secret.OpGet, Key: key, Provider: name,
				Detail: "skipped because it failed, which --strict does not allow"}
		}
		a.Warn("provider %q was skipped because it failed; the value of %q is from %q", name, key, v.Provider())
	}
	return nil
}
