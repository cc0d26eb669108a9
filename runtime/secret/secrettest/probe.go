package secrettest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-project/postern/runtime/secret"
)

// The keys that most rules use: every store can hold them.
const (
	keyA      secret.Key = "SECRETTEST_A"
	keyB      secret.Key = "SECRETTEST_B"
	keyAbsent secret.Key = "SECRETTEST_ABSENT"
	keyNew    secret.Key = "SECRETTEST_NEW"
)

// canary is a value that cannot occur by chance.
const canary = "canary-5f0c7e21-b94d"

// shows reports whether text contains the canary, raw or encoded.
func shows(text string) bool {
	raw := []byte(canary)
	for _, form := range []string{
		canary, hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		strings.TrimRight(base64.StdEncoding.EncodeToString(raw), "="), strings.Trim(fmt.Sprint(raw), "[]"),
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// get returns the plaintext that the provider holds under key.
func get(ctx context.Context, h *Harness, key secret.Key) (string, error) {
	s, err := h.Provider.Get(ctx, key)
	if err != nil {
		return "", fmt.Errorf("Get(%q) = %w", key, err)
	}
	return expose(key, s)
}

func expose(key secret.Key, s secret.Secret) (string, error) {
	text, err := s.ExposeString()
	if err != nil {
		return "", fmt.Errorf("Get(%q) returned a Secret that cannot be exposed: %w", key, err)
	}
	return text, nil
}

// want returns nil if the provider holds text under key, else what it holds.
func want(ctx context.Context, h *Harness, key secret.Key, text string) error {
	got, err := get(ctx, h, key)
	if err != nil {
		return err
	}
	if got != text {
		return fmt.Errorf("Get(%q) returned %s, want %s", key, describe(got), describe(text))
	}
	return nil
}

// describe quotes a value that this package made, or the beginning of a long one.
func describe(text string) string {
	if len(text) <= 80 {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%d bytes that begin %q", len(text), text[:40])
}

// put sets key to text. It does not destroy its Secret: that a Set must not keep
// it has a rule of its own.
func put(ctx context.Context, h *Harness, key secret.Key, text string) error {
	s, err := secret.FromString(text)
	if err != nil {
		return err
	}
	if err := h.Provider.Set(ctx, key, s); err != nil {
		return fmt.Errorf("Set(%q) = %w", key, err)
	}
	return nil
}

// list returns the result of Keys, sorted and without duplicates: order and
// duplicates have rules of their own.
func list(ctx context.Context, h *Harness, prefix string) ([]secret.Key, error) {
	got, err := h.Provider.Keys(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("Keys(%q) = %w", prefix, err)
	}
	got = slices.Clone(got)
	slices.Sort(got)
	return slices.Compact(got), nil
}

// seedOf returns the content of a store with n keys, and the keys in sorted order.
func seedOf(n int) (map[secret.Key]string, []secret.Key) {
	content, names := make(map[secret.Key]string, n), make([]secret.Key, n)
	for i := range names {
		names[i] = secret.Key(fmt.Sprintf("SECRETTEST_N%06d", i))
		content[names[i]] = fmt.Sprintf("value %d", i)
	}
	return content, names
}

// one returns the content of a store with a single key.
func one(key secret.Key, text string) map[secret.Key]string {
	return map[secret.Key]string{key: text}
}

// uniform returns n times the byte c.
func uniform(c byte, n int) string { return string(bytes.Repeat([]byte{c}, n)) }
