package secrettest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/runtime/secret/secrettest"
)

// lines offers Get only, and trims newlines, which it should not.
type lines map[secret.Key]string

func (l lines) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	if err := ctx.Err(); err != nil {
		return secret.Secret{}, err
	}
	value, ok := l[key]
	if !ok {
		return secret.Secret{}, &secret.Error{Code: secret.ErrNotFound, Op: secret.OpGet, Key: key}
	}
	return secret.FromString(strings.TrimSuffix(value, "\n"))
}

func (l lines) Set(context.Context, secret.Key, secret.Secret) error { return secret.ErrReadOnly }
func (l lines) Delete(context.Context, secret.Key) error             { return secret.ErrReadOnly }

func (l lines) Keys(context.Context, string) ([]secret.Key, error) {
	return nil, errors.ErrUnsupported
}

func (l lines) Watch(context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) { yield(secret.Event{}, errors.ErrUnsupported) }
}

func ExampleCheck() {
	open := func(_ context.Context, seed map[secret.Key][]byte) (*secrettest.Harness, error) {
		store := lines{}
		for key, value := range seed {
			store[key] = string(value)
		}
		return &secrettest.Harness{Provider: store}, nil
	}
	for _, failure := range secrettest.Check(context.Background(), secrettest.Factory{Open: open}) {
		fmt.Println(failure)
	}
	// Output:
	// rule trailing_newline_is_kept: Get returns a value that ends in a newline unchanged: Get("SECRETTEST_A") returned "value", want "value\n"
}
