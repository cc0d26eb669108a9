package wasmhost_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
	"github.com/postern-project/postern/testdata/hostile"
)

// step encodes one step for the module named script.
func step(kind byte, b []byte) string {
	return string(append(binary.LittleEndian.AppendUint16([]byte{kind}, uint16(len(b))), b...))
}

func reply(key, value string) []byte {
	return abi.Append(abi.Append(nil, abi.TagKey, []byte(key)), abi.TagValue, []byte(value))
}

// emitted returns the values that a script emits for key. It uses no code of the
// host but the decoder of fields.
func emitted(script, key string) []string {
	var out []string
	for len(script) > 3 && script[0] >= 1 && script[0] <= 3 {
		n := int(binary.LittleEndian.Uint16([]byte(script[1:3])))
		// A step that is cut off continues in the zeroes after the script.
		record := (script + strings.Repeat("\x00", n))[3 : 3+n]
		if script[0] == 1 {
			var k, v string
			for f, err := range abi.Fields([]byte(record)) {
				switch {
				case err != nil:
				case f.Tag == abi.TagKey:
					k = string(f.Value)
				case f.Tag == abi.TagValue:
					v = string(f.Value)
				}
			}
			if k == key {
				out = append(out, v)
			}
		}
		script = script[min(len(script), len(record)+3):]
	}
	return out
}

// FuzzCall lets a guest emit anything: a value is returned only for the key under
// which the guest emitted it, every error has a known code other than internal, and
// the next call works.
func FuzzCall(f *testing.F) {
	key, ok := reply("k", "value"), func(v uint32) []byte { return abi.AppendUint32(nil, abi.TagStatus, v) }
	for _, script := range []string{
		"", step(1, key), step(1, key) + step(1, key), step(1, reply("other", "x")), step(1, key[:len(key)-1]),
		step(1, append(reply("k", ""), ok(99)...)), step(1, append(reply("k", ""), ok(1)...)),
		step(1, abi.Append(reply("k", "v"), abi.TagVersion, []byte("1\n"))), step(2, []byte("text")) + "\x00\x04\x00\x00",
		step(3, []byte("line\n\x1b")) + step(1, key), "\x00\xff\xff\x00", step(1, reply("l", "1")) + step(1, reply("k", "2")),
	} {
		f.Add(script)
	}
	var current string
	wasm := committed(f, "script")
	open := func(engine bool) *wasmhost.Provider {
		o := envOptions(wasm, func() []string { return []string{"S=" + current} })
		o.Interpreter = engine
		return open(f, o)
	}
	p, interpreted := open(false), open(true)
	known := secret.Codes()
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 1<<16 {
			return
		}
		current = script
		results := p.GetMany(t.Context(), []secret.Key{"k", "l"})
		single := p.GetMany(t.Context(), []secret.Key{"k"})
		for _, r := range append(results, single...) {
			if r.Err != nil {
				if code := secret.CodeOf(r.Err); !slices.Contains(known, code) || code == secret.ErrInternal {
					t.Errorf("%v", r.Err)
				}
				continue
			}
			got, err := r.Secret.ExposeString()
			if err != nil || !slices.Contains(emitted(script, string(r.Key)), got) {
				t.Errorf("Get(%q) = %q, %v, which the guest did not emit", r.Key, got, err)
			}
		}
		_, err := interpreted.Get(t.Context(), "k")
		if (err == nil) != (single[0].Err == nil) || err != nil && err.Error() != single[0].Err.Error() {
			t.Errorf("the engines differ: %v, %v", single[0].Err, err)
		}
		keys, err := p.Keys(t.Context(), "a")
		for _, k := range keys {
			if k.Check() != nil || !strings.HasPrefix(string(k), "a") || err != nil {
				t.Errorf("Keys() = %q, %v", keys, err)
			}
		}
		current = step(1, reply("k", "right"))
		if got := value(t, p, "k"); got != "right" {
			t.Errorf("then Get() = %q", got)
		}
	})
}

// FuzzOpen takes anything as a module: it is refused, or it runs and stops, and
// every error has a known code.
func FuzzOpen(f *testing.F) {
	cases, err := hostile.Cases()
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases {
		if wasm, err := c.Wasm(); err == nil && len(wasm) < 8<<10 {
			f.Add(wasm)
		}
	}
	known := secret.Codes()
	f.Fuzz(func(t *testing.T, wasm []byte) {
		p, err := wasmhost.Open(t.Context(), wasmhost.Options{
			Name: "fuzzed", Wasm: wasm, Fuel: 1 << 12, Interpreter: len(wasm)%2 == 0,
			Limits: wasmhost.Limits{MemoryPages: 32, Call: 200 * time.Millisecond},
		})
		if err == nil {
			_, err = p.Get(t.Context(), "k")
			defer p.Close()
		}
		var e *secret.Error
		if err != nil && (!errors.As(err, &e) || !slices.Contains(known, e.Code) || e.Code == secret.ErrInternal) {
			t.Errorf("%v", err)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\x1b\x00") {
			t.Errorf("control characters in %q", err.Error())
		}
	})
}
