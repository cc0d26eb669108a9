package wasmhost

import (
	"context"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"testing"

	"github.com/postern-project/postern/modules"
	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/internal/capability/all"
	"github.com/postern-project/postern/runtime/internal/guestmem"
	"github.com/postern-project/postern/runtime/secret"
)

// payer is the meter of a call that compares what the sink of its records copies with
// what it has paid before.
type payer struct {
	context.Context
	t     testing.TB
	paid  int64
	start uint64 // bytes that were allocated when the record came
	most  int64  // bytes that were allocated before they were paid
}

func allocated() uint64 {
	var s goruntime.MemStats
	goruntime.ReadMemStats(&s)
	return s.TotalAlloc
}

// slack is what may be allocated for a record before it is paid: what a call owes at most,
// and errors, keys, the index of a batch, and what tests allocate besides.
const slack = 256<<10 + 96<<10

// check compares the work until now with what was paid for it. An object of n bytes is
// paid with n/256 units.
func (p *payer) check() { p.most = max(p.most, int64(allocated()-p.start)-256*p.paid) }

func (p *payer) Spend(units int64) { p.check(); p.paid += units }
func (p *payer) Look()             {}

// sinks returns sinks for records, by name, in a call that p pays for. The keys of a get
// are k0 to k3.
func sinks(t testing.TB, p *payer) map[string]func(record []byte) abi.Status {
	t.Helper()
	wasm, _ := modules.Bytes("env")
	host, err := Open(t.Context(), Options{Name: "p", Wasm: wasm, Grant: all.Grants{Env: []string{"*"}}, Limits: Limits{Value: 8 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { host.Close() })
	var keys []secret.Key
	for i := range 4 {
		keys = append(keys, secret.Key(fmt.Sprint("k", i)))
	}
	call := func() *capability.Call {
		c := host.caps.NewCall()
		c.Begin(p, secret.OpGet, nil, nil)
		t.Cleanup(func() { c.End() })
		return c
	}
	r := newReplies(host, keys, 64<<20)
	r.call, r.from = call(), &instance{memory: &guestmem.Memory{}}
	r.call.MaskEmitted(r)
	t.Cleanup(func() { destroy(r.results) })
	l := &lister{call: call(), limits: host.o.Limits}
	return map[string]func([]byte) abi.Status{"get": r.Add, "keys": l.Add}
}

// garbled returns a record of random fields, with large values and keys, that is cut at a
// random place or not.
func garbled(r interface{ IntN(n int) int }) []byte {
	var record []byte
	tags := []abi.Tag{abi.TagKey, abi.TagValue, abi.TagVersion, abi.TagStatus, abi.TagText, 77}
	for range 1 + r.IntN(5) {
		tag := tags[r.IntN(len(tags))]
		content := make([]byte, []int{0, 1, 2, 4, 8, 600, 70_000, 900_000, 3 << 20}[r.IntN(9)])
		switch {
		case tag == abi.TagStatus && r.IntN(2) == 0:
			content = []byte{byte(r.IntN(20)), 0, 0, 0}
		case tag == abi.TagKey && r.IntN(2) == 0:
			content = fmt.Append(nil, "k", r.IntN(5))
		}
		record = abi.Append(record, tag, content)
	}
	if r.IntN(2) == 0 {
		record = record[:len(record)-min(len(record), r.IntN(20))]
	}
	return record
}

// add gives a record to a sink. It fails if that copied anything before it was paid.
func (p *payer) add(sink string, add func([]byte) abi.Status, record []byte) {
	p.t.Helper()
	p.paid, p.most, p.start = 0, 0, allocated()
	func() {
		defer func() { // the memory of the call may be used up
			if v := recover(); v != nil && secret.CodeOf(v.(error)) != secret.ErrTooLarge {
				panic(v)
			}
		}()
		add(record)
	}()
	if p.check(); p.most > slack {
		p.t.Errorf("%s: a record of %d bytes made the host copy %d bytes more than it had been paid for", sink, len(record), p.most)
	}
}

// What a record costs is paid before, whatever is wrong with the record.
func TestTM009RecordsArePaidBeforeTheyAreCopied(t *testing.T) { // not parallel: it measures what is allocated
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := &payer{Context: t.Context(), t: t}
		all := sinks(t, p)
		for range 8 {
			record := garbled(r)
			p.add("get", all["get"], record)
			p.add("keys", all["keys"], record)
		}
	}
}

// numbers takes numbers from the input of a fuzzer, and zeros after its end.
type numbers struct{ rest []byte }

func (f *numbers) IntN(n int) int {
	if len(f.rest) == 0 {
		return 0
	}
	v := int(f.rest[0])
	f.rest = f.rest[1:]
	return v % n
}

// FuzzRecords gives garbled records to the host: each of them is paid before it is copied.
func FuzzRecords(f *testing.F) {
	for seed := range uint64(8) {
		input, r := make([]byte, 60), rand.New(rand.NewPCG(seed, 2))
		for i := range input {
			input[i] = byte(r.IntN(256))
		}
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		r := &numbers{input[:min(len(input), 200)]}
		p := &payer{Context: t.Context(), t: t}
		all := sinks(t, p)
		for len(r.rest) > 0 {
			record := garbled(r)
			p.add("get", all["get"], record)
			p.add("keys", all["keys"], record)
		}
	})
}
