package runtime_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// Values whose masking fits in limits.mask_memory are paid for once, however often and in
// which order they are read.
func TestTM004ReadingTheSameValuesAgainIsPaid(t *testing.T) {
	t.Parallel()
	foreign, err := filepath.Abs("../modules/dotenv/dotenv.wasm")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s.env")
	rnd := rand.New(rand.NewPCG(1, 2))
	reg := redact.New(redact.Options{})
	defer reg.Close()
	var text strings.Builder
	var keys []secret.Key
	cost := 0
	for i := range 60 {
		keys = append(keys, secret.Key(fmt.Sprint("K", i)))
		var value strings.Builder
		for range 300 {
			value.WriteByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"[rnd.IntN(64)])
		}
		fmt.Fprintf(&text, "%s=%s\n", keys[i], &value)
		n, _, err := reg.Cost(made(t, value.String()))
		if err != nil {
			t.Fatal(err)
		}
		cost += n + value.Len()
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, percent := range []int{55, 75, 98} {
		rt := open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{{Name: "f", Module: foreign, Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path}}},
			Now:       newClock().Now, Limits: runtime.Limits{MaskMemory: int64(cost * 100 / percent)}, AllowUnpinned: true,
		})
		for pass := range 40 {
			rnd.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			for _, r := range rt.GetMany(t.Context(), keys) {
				if r.Err != nil {
					t.Fatalf("%d %% of the memory, pass %d: %v", percent, pass, r.Err)
				}
			}
		}
	}
}
