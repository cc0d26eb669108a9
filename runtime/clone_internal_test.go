package runtime

import (
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/copytest"
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

type anyDecider struct{}

func (anyDecider) Decide(policy.Request) policy.Decision { return policy.Decision{} }

type anyProvider struct{ secret.Provider }

// filled returns a T whose fields are all set.
func filled[T any](t *testing.T) T {
	t.Helper()
	return copytest.Filled[T](t, anyDecider{}, anyProvider{}, time.Unix(1, 0), errors.New("broken"), struct{ io.Writer }{io.Discard})
}

// wantCopy fails if a field of the copy differs from the original, or if a slice or map is
// the same one.
func wantCopy[T any](t *testing.T, original, copied T) {
	t.Helper()
	for _, difference := range copytest.Differences(original, copied) {
		t.Errorf("the copy: %s", difference)
	}
}

// TestClonesCopyEveryField: a field that is added to one of these types is copied too.
func TestClonesCopyEveryField(t *testing.T) {
	t.Parallel()
	o := filled[Options](t)
	wantCopy(t, o, o.clone())
	c := filled[Caller](t)
	wantCopy(t, c, c.clone())
	d := filled[policy.Decision](t)
	wantCopy(t, d, ownDecision(d))
	x := filled[policy.Explanation](t)
	wantCopy(t, x, ownExplanation(x))
	r := filled[policy.Request](t)
	wantCopy(t, r, ownRequest(r))
	s := &Runtime{status: filled[Status](t)}
	wantCopy(t, s.status, s.Status())
}

// TestGrantsReachTheHost: the host is given every field of a grant.
func TestGrantsReachTheHost(t *testing.T) {
	t.Parallel()
	g := filled[Grant](t)
	host := g.internal()
	from, to := reflect.ValueOf(g), reflect.ValueOf(host)
	for field := range from.Type().Fields() {
		if got := to.FieldByName(field.Name); !got.IsValid() || got.IsZero() {
			t.Errorf("the host is not given Grant.%s", field.Name)
		}
	}
	if from.NumField() != to.NumField() {
		t.Errorf("a Grant has %d fields, the one of the host %d", from.NumField(), to.NumField())
	}
}

// TestGrantIsOnlyForModules: a provider written in Go is refused whichever field of its grant
// is set.
func TestGrantIsOnlyForModules(t *testing.T) {
	t.Parallel()
	g := filled[Grant](t)
	for i := range reflect.TypeFor[Grant]().NumField() {
		p := ProviderOptions{Name: "p", Provider: anyProvider{}}
		reflect.ValueOf(&p.Grant).Elem().Field(i).Set(reflect.ValueOf(g).Field(i))
		if err := p.check(); secret.CodeOf(err) != secret.ErrLoad {
			t.Errorf("Grant.%s of a provider written in Go: %v, want %v", reflect.TypeFor[Grant]().Field(i).Name, err, secret.ErrLoad)
		}
	}
}

// TestSameMetaComparesEveryField: values whose descriptions differ in one field are not the
// same.
func TestSameMetaComparesEveryField(t *testing.T) {
	t.Parallel()
	m := filled[secret.Meta](t)
	for i := range reflect.TypeFor[secret.Meta]().NumField() {
		var other secret.Meta
		reflect.ValueOf(&other).Elem().Field(i).Set(reflect.ValueOf(m).Field(i))
		if name := reflect.TypeFor[secret.Meta]().Field(i).Name; sameMeta(secret.Meta{}, other) || sameMeta(other, secret.Meta{}) {
			t.Errorf("a Meta with %s is the same as one without", name)
		}
	}
}
