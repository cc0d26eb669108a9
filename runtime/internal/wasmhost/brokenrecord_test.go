package wasmhost_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// end is the last step of a script: it returns the status.
func end(s abi.Status) string {
	return string(append(binary.LittleEndian.AppendUint16([]byte{0}, uint16(s)), 0))
}

// scripted returns a provider of the module that runs *script.
func scripted(t *testing.T, script *string) *wasmhost.Provider {
	t.Helper()
	return open(t, envOptions(committed(t, "script"), func() []string { return []string{"S=" + *script} }))
}

// returned are all known statuses, and 99, which is unknown.
func returned() []abi.Status {
	return append(slices.Collect(func(yield func(abi.Status) bool) {
		for s := abi.OK; s.Known(); s++ {
			if !yield(s) {
				return
			}
		}
	}), 99)
}

// wantError checks the code and that the detail is the host's.
func wantError(t *testing.T, what string, err error, code secret.Code, detail string) {
	t.Helper()
	var e *secret.Error
	if !errors.As(err, &e) || e.Code != code || !strings.Contains(e.Detail, detail) || e.Provider == "" {
		t.Errorf("%s: %v, want %s: %s", what, err, code, detail)
	}
}

// A record that breaks the ABI is module_protocol with the reason, whatever status
// the module returns.
func TestTM016BrokenRecordIsNamedWhateverTheModuleReturns(t *testing.T) {
	t.Parallel()
	var script string
	p := scripted(t, &script)
	good := reply("k", "value")
	for record, why := range map[string]string{
		string(reply("other", "x")): "a key that was not requested",
		string(good) + "\x01\x00":   "a record that cannot be decoded",
		string(abi.AppendUint32(abi.Append(nil, abi.TagKey, []byte("k")), abi.TagStatus, 99)): "a record with an unknown status",
		string(abi.AppendUint32(abi.Append(nil, abi.TagKey, []byte("k")), abi.TagStatus, 0)):  "neither a value nor a status",
		string(abi.Append(good, abi.TagVersion, []byte("v é\n"))):                             "a version that is too long or not printable",
		string(abi.Append(good, abi.TagVersion, make([]byte, 300))):                           "a version that is too long or not printable",
	} {
		for _, s := range returned() {
			script = step(1, []byte(record)) + step(2, []byte("it says so")) + end(s)
			_, err := p.Get(t.Context(), "k")
			wantError(t, fmt.Sprintf("status %d", s), err, secret.ErrModuleProtocol, why)
			if p.Idle() != 0 {
				t.Fatalf("the instance is used again")
			}
		}
	}
	for _, s := range returned() {
		script = step(1, good) + step(1, good) + end(s)
		_, err := p.Get(t.Context(), "k")
		wantError(t, "twice", err, secret.ErrModuleProtocol, "a second one for the same key")
		script = step(1, []byte{1, 0}) + end(s)
		_, err = p.Keys(t.Context(), "")
		wantError(t, "keys", err, secret.ErrModuleProtocol, "a record that cannot be decoded")
	}
}

// A limit of a listing is named, whatever status the module returns.
func TestTM012FullListingIsNamedWhateverTheModuleReturns(t *testing.T) {
	t.Parallel()
	var script string
	o := envOptions(committed(t, "script"), func() []string { return []string{"S=" + script} })
	o.Limits.Keys = 1
	p := open(t, o)
	for _, s := range returned() {
		script = ""
		for _, key := range []string{"a", "b", "c"} {
			script += step(1, abi.Append(nil, abi.TagKey, []byte(key)))
		}
		script += end(s)
		_, err := p.Keys(t.Context(), "")
		wantError(t, fmt.Sprintf("status %d", s), err, secret.ErrTooLarge, "the listing exceeds its limit")
	}
}

// A module that fails with the status internal is named as the cause.
func TestStatusInternalIsNamed(t *testing.T) {
	t.Parallel()
	var script string
	p := scripted(t, &script)
	record := abi.AppendUint32(abi.Append(nil, abi.TagKey, []byte("k")), abi.TagStatus, uint32(abi.Internal))
	for _, script = range []string{end(abi.Internal), step(1, record), step(1, reply("k", "value")) + end(abi.Internal)} {
		_, err := p.Get(t.Context(), "k")
		wantError(t, "get", err, secret.ErrModuleCrashed, "the module returned internal")
	}
	script = end(abi.Internal)
	_, err := p.Keys(t.Context(), "")
	wantError(t, "keys", err, secret.ErrModuleCrashed, "the module returned internal")
}
