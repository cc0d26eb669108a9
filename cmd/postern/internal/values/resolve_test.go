package values_test

import (
	"context"
	"io"
	"slices"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/app"
	"github.com/postern-project/postern/cmd/postern/internal/values"
	"github.com/postern-project/postern/runtime/secret"
)

// session is a Session without a Runtime. It has the value "of KEY" for every key
// but "absent", and records the requests.
type session struct {
	app.Session
	provider string
	requests *[]string
}

func (s session) At(provider string) (app.Client, error) {
	s.provider = provider
	return s, nil
}

func (s session) GetMany(_ context.Context, keys []secret.Key) []secret.Result {
	request := s.provider
	var results []secret.Result
	for _, key := range keys {
		request += " " + string(key)
		r := secret.Result{Key: key}
		if r.Secret, r.Err = secret.FromString("of " + string(key)); key == "absent" {
			r.Err = secret.ErrNotFound
		}
		results = append(results, r)
	}
	*s.requests = append(*s.requests, request)
	return results
}

// References to the same provider are one request, and the results keep the order
// of the references.
func TestResolveAll(t *testing.T) {
	t.Parallel()
	var refs []values.Reference
	for _, s := range []string{"a", "postern://b?provider=p", "postern://absent?default=d", "postern://c?provider=p", "absent"} {
		ref, err := values.ParseReference(s)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	var requests, got []string
	a := app.New(nil, nil, io.Discard, io.Discard)
	for _, r := range values.ResolveAll(t.Context(), a, session{requests: &requests}, refs) {
		text := string(secret.CodeOf(r.Err))
		if r.Err == nil {
			text, _ = r.Value.ExposeString()
		}
		got = append(got, text)
	}
	if want := []string{"of a", "of b", "d", "of c", "not_found"}; !slices.Equal(got, want) {
		t.Errorf("results %q, want %q", got, want)
	}
	if want := []string{" a absent absent", "p b c"}; !slices.Equal(requests, want) {
		t.Errorf("requests %q, want %q", requests, want)
	}
}
