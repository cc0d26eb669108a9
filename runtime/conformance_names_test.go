package runtime_test

import (
	"context"
	"encoding/hex"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// asNames is a provider whose store has names of variables only: every other byte of
// a key is spelt as "_" and two hexadecimal digits.
type asNames struct{ secret.Provider }

var _ secret.Provider = asNames{}

func toName(key secret.Key) secret.Key {
	name := []byte("k")
	for _, b := range []byte(key) {
		if b != '_' && (b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z') {
			name = append(name, b)
			continue
		}
		name = append(name, '_')
		name = hex.AppendEncode(name, []byte{b})
	}
	return secret.Key(name)
}

func fromName(name secret.Key) secret.Key {
	parts := strings.Split(strings.TrimPrefix(string(name), "k"), "_")
	key := parts[0]
	for _, part := range parts[1:] {
		b, _ := hex.DecodeString(part[:2])
		key += string(b) + part[2:]
	}
	return secret.Key(key)
}

// about returns the error with the key in place of its name.
func about(err error, key secret.Key) error {
	if failed, ok := errors.AsType[*secret.Error](err); ok && failed.Key != "" {
		renamed := *failed
		renamed.Key = key
		return &renamed
	}
	return err
}

func (p asNames) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	s, err := p.Provider.Get(ctx, p.valid(key))
	return s, about(err, key)
}

func (p asNames) Set(ctx context.Context, key secret.Key, value secret.Secret) error {
	return about(p.Provider.Set(ctx, p.valid(key), value), key)
}

func (p asNames) Delete(ctx context.Context, key secret.Key) error {
	return about(p.Provider.Delete(ctx, p.valid(key)), key)
}

// valid leaves an invalid key to the provider, which refuses it.
func (asNames) valid(key secret.Key) secret.Key {
	if key.Check() != nil {
		return key
	}
	return toName(key)
}

func (p asNames) Keys(ctx context.Context, prefix string) ([]secret.Key, error) {
	names, err := p.Provider.Keys(ctx, "")
	var keys []secret.Key
	for _, name := range names {
		if key := fromName(name); strings.HasPrefix(string(key), prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, err
}

func (p asNames) Watch(ctx context.Context) iter.Seq2[secret.Event, error] {
	return func(yield func(secret.Event, error) bool) {
		for event, err := range p.Provider.Watch(ctx) {
			if event.Key != "" {
				event.Key = fromName(event.Key)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}
